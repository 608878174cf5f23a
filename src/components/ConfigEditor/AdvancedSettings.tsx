import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { ConfigSection, ConfigSubSection } from '@grafana/plugin-ui';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

import { checkQueries } from '../../settings/checks';
import { readBoolean } from '../../settings/read';
import { groups, type SettingSpec } from './fields';
import { Problems } from './Problems';
import { type EditorProps } from './props';
import { SettingField } from './SettingField';

/** Everything that has a sensible default. */
export function AdvancedSettings({ options, onOptionsChange }: EditorProps) {
  const styles = useStyles2(getStyles);
  const { jsonData } = options;

  const set = (key: SettingSpec['key'], value: unknown) => {
    const next: Record<string, unknown> = { ...jsonData, [key]: value };
    if (value === undefined) {
      delete next[key];
    }
    onOptionsChange({ ...options, jsonData: next });
  };

  return (
    <ConfigSection
      title="Advanced settings"
      description="Query cost, intervals, editor, caching. All of them have defaults."
      isCollapsible
      isInitiallyOpen={false}
    >
      <div className={styles.groups}>
        {groups.map(({ title, description, settings }) => (
          <ConfigSubSection key={title} title={title} description={description}>
            {settings
              .filter(({ when }) => !when || readBoolean(jsonData[when]))
              .map((spec) => (
                <SettingField
                  key={spec.key}
                  spec={spec}
                  value={jsonData[spec.key]}
                  readOnly={Boolean(options.readOnly)}
                  onChange={(value) => set(spec.key, value)}
                />
              ))}
          </ConfigSubSection>
        ))}
      </div>
      <Problems label="Problems with the advanced settings" problems={checkQueries(options)} />
    </ConfigSection>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  groups: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(3), maxWidth: 578 }),
});
