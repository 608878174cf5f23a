import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2 } from '@grafana/ui';
import React from 'react';

import { type Endpoint } from '../../endpoint/parse';

/** What was understood of the URL. */
export function Understood({ endpoint }: { endpoint?: Endpoint }) {
  const styles = useStyles2(getStyles);
  return (
    <div role="status" aria-label="What the URL means">
      {endpoint && (
        <dl className={styles.list}>
          {rows(endpoint).map(([term, value]) => (
            <div key={term} className={styles.row}>
              <dt className={styles.term}>{term}</dt>
              <dd className={styles.value}>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {endpoint?.warnings.map((text) => (
        <div key={text} className={styles.warning}>
          <Icon name="exclamation-triangle" /> {text}
        </div>
      ))}
    </div>
  );
}

function rows(e: Endpoint): Array<[string, string]> {
  const all: Array<[string, string | undefined]> = [
    ['Workspace', e.workspace],
    ['Region', e.region],
    ['Partition', e.partition],
    ['Account', e.account],
    ['Connects to', e.signHost || e.custom ? e.base : undefined],
    ['Signed for', e.signHost],
  ];
  return all.filter((row): row is [string, string] => Boolean(row[1]));
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ margin: theme.spacing(1, 0), fontSize: theme.typography.bodySmall.fontSize }),
  row: css({ display: 'flex', gap: theme.spacing(1) }),
  term: css({
    minWidth: 90,
    margin: 0,
    fontWeight: theme.typography.fontWeightRegular,
    color: theme.colors.text.secondary,
  }),
  value: css({ margin: 0, fontFamily: theme.typography.fontFamilyMonospace, overflowWrap: 'anywhere' }),
  warning: css({ color: theme.colors.warning.text, fontSize: theme.typography.bodySmall.fontSize }),
});
