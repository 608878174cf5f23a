import { css } from '@emotion/css';
import { ConnectionConfig, type ConnectionConfigProps } from '@grafana/aws-sdk';
import { type GrafanaTheme2 } from '@grafana/data';
import { ConfigSection } from '@grafana/plugin-ui';
import { config } from '@grafana/runtime';
import { Field, SecretInput, useStyles2 } from '@grafana/ui';
import React from 'react';

import {
  awsSecret,
  awsSetting,
  fromConnection,
  toConnection,
  withAwsSecret,
  withoutAwsSecret,
} from '../../settings/aws';
import { checkConnection } from '../../settings/checks';
import { Problems } from './Problems';
import { type EditorProps } from './props';

/** Who Grafana is to AWS: the form that Grafana's AWS data sources share. */
export function AwsConnection({ options, onOptionsChange }: EditorProps) {
  const styles = useStyles2(getStyles);
  const readOnly = Boolean(options.readOnly);
  const connection: ConnectionConfigProps = {
    options: toConnection(options) as unknown as ConnectionConfigProps['options'],
    onOptionsChange: (next) => {
      if (!readOnly) {
        onOptionsChange(fromConnection(options, next as unknown as ReturnType<typeof toConnection>));
      }
    },
  };
  return (
    <ConfigSection title="AWS connection">
      <fieldset disabled={readOnly} className={readOnly ? styles.readOnly : styles.fields}>
        <legend className="sr-only">AWS connection</legend>
        <ConnectionConfig {...connection} skipHeader skipEndpoint />
        {awsSetting(options.jsonData, 'authType') === 'keys' && (
          <Field
            label="Session token"
            description="Only for temporary credentials, whose access key id begins with ASIA."
            htmlFor="sessionToken"
          >
            <SecretInput
              id="sessionToken"
              isConfigured={awsSecret(options, 'sessionToken').stored}
              value={awsSecret(options, 'sessionToken').typed}
              onChange={(e) => onOptionsChange(withAwsSecret(options, 'sessionToken', e.currentTarget.value))}
              onReset={() => onOptionsChange(withoutAwsSecret(options, 'sessionToken'))}
            />
          </Field>
        )}
      </fieldset>
      <Problems
        label="Problems with the AWS connection"
        problems={checkConnection(options, {
          providers: config.awsAllowedAuthProviders,
          assumeRole: config.awsAssumeRoleEnabled,
        })}
      />
    </ConfigSection>
  );
}

// The form's last part is the region, far from the workspace that it belongs to: Region takes its place.
const withoutRegion = {
  '& [data-testid="connection-config"] > div > div:last-child > div:last-child': { display: 'none' },
};

// The form takes the secret key in a field of plain text.
const withoutSecret = { '& #secretKey': { WebkitTextSecurity: 'disc' } };

const getStyles = (theme: GrafanaTheme2) => ({
  fields: css({ maxWidth: 578, ...withoutRegion, ...withoutSecret }),
  // The form has no read-only mode. A disabled fieldset takes its inputs out of reach of the keyboard; its selects,
  // which are no native ones, need the pointer kept away too.
  readOnly: css({
    maxWidth: 578,
    ...withoutRegion,
    '& input, & button, & [class*="-control"]': { pointerEvents: 'none', cursor: 'not-allowed' },
    '& [class*="singleValue"], & [class*="input-wrapper"]': { color: theme.colors.text.disabled },
  }),
});
