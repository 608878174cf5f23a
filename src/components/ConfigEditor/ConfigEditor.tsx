import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { DataSourceDescription } from '@grafana/plugin-ui';
import { Alert, Button, useStyles2 } from '@grafana/ui';
import React from 'react';

import { AdvancedSettings } from './AdvancedSettings';
import { AwsConnection } from './AwsConnection';
import { Network } from './Network';
import { type EditorProps } from './props';
import { TestResult } from './TestResult';
import { Workspace } from './Workspace';

/** The settings in the order in which they are decided: who Grafana is, which workspace, how to get there, the rest. */
export default function ConfigEditor(props: EditorProps) {
  const styles = useStyles2(getStyles);
  const { options, onOptionsChange } = props;
  return (
    <div className={styles.page}>
      <DataSourceDescription
        dataSourceName="Amazon Managed Service for Prometheus"
        docsLink="https://github.com/ampkit/ampkit#readme"
        hasRequiredFields={false}
      />
      {options.readOnly && (
        <Alert severity="info" title="Provisioned: nothing can be changed here" bottomSpacing={0}>
          Change the provisioning file instead. &quot;Test&quot; tests what is saved.
        </Alert>
      )}
      {options.access === 'direct' && (
        <Alert severity="warning" title="Requests always go through Grafana's server" bottomSpacing={0}>
          This data source is set to browser access, which is not used: credentials stay on the server.{' '}
          {!options.readOnly && (
            <Button variant="secondary" size="sm" onClick={() => onOptionsChange({ ...options, access: 'proxy' })}>
              Use server access
            </Button>
          )}
        </Alert>
      )}
      <AwsConnection {...props} />
      <Workspace {...props} />
      <Network {...props} />
      <AdvancedSettings {...props} />
      <TestResult options={options} />
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(4), marginBottom: theme.spacing(4) }),
});
