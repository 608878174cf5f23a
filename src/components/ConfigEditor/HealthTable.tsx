import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { ClipboardButton, Icon, type IconName, useStyles2 } from '@grafana/ui';
import React from 'react';

import { type HealthCheck } from '../../health';
import { sentence } from '../../text';

/** How a line looks; a failure that does not count is no red one. */
type Look = 'good' | 'bad' | 'lacking' | 'unknown';

const looks: Record<Look, { icon: IconName; says: string }> = {
  good: { icon: 'check-circle', says: 'Passed' },
  bad: { icon: 'times-circle', says: 'Failed' },
  lacking: { icon: 'exclamation-triangle', says: 'Missing' },
  unknown: { icon: 'minus-circle', says: 'Not checked' },
};

function lookOf({ outcome, optional }: HealthCheck): Look {
  switch (outcome) {
    case 'passed':
      return 'good';
    case 'failed':
      return optional ? 'lacking' : 'bad';
    default:
      return 'unknown';
  }
}

/** The doctor's checks, a line each, with what to do about those that failed. */
export function HealthTable({ checks }: { checks: HealthCheck[] }) {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles.table} aria-label="Checks">
      <thead className="sr-only">
        <tr>
          <th scope="col">Outcome</th>
          <th scope="col">Check</th>
          <th scope="col">Finding</th>
        </tr>
      </thead>
      <tbody>
        {checks.map((check) => {
          const look = lookOf(check);
          const { icon, says } = looks[look];
          return (
            <tr key={check.name} className={styles.row}>
              <td className={cx(styles.outcome, styles[look])}>
                <Icon name={icon} /> {says}
              </td>
              <th scope="row" className={styles.name}>
                {titleOf(check.name)}
              </th>
              <td className={styles.finding}>
                <div>{detailOf(check)}</div>
                {check.outcome === 'failed' && check.remedy && (
                  <div className={styles.remedy}>
                    <Icon name="arrow-right" /> {sentence(check.remedy)}
                  </div>
                )}
                {check.requestId && (
                  <div className={styles.request}>
                    AWS request id <code>{check.requestId}</code>
                    <ClipboardButton
                      size="sm"
                      fill="text"
                      variant="secondary"
                      icon="copy"
                      aria-label={`Copy the request id of ${check.name}`}
                      getText={() => check.requestId!}
                    />
                  </div>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const titles: Record<string, string> = { dns: 'DNS', tls: 'TLS', environment: 'Environment' };

function titleOf(name: string): string {
  return titles[name] ?? name[0].toUpperCase() + name.slice(1);
}

/** A refusal names action, resource and identity; the remedy below it says them too. */
function detailOf({ kind, action, outcome, remedy, detail }: HealthCheck): string | undefined {
  if (kind === 'access-denied' && outcome === 'failed' && action && remedy) {
    return `${action} is not permitted${/ because .*$/.exec(detail ?? '')?.[0] ?? ''}`;
  }
  return detail;
}

const getStyles = (theme: GrafanaTheme2) => {
  const line = `1px solid ${theme.colors.border.weak}`;
  return {
    table: css({ width: '100%', maxWidth: 960, borderTop: line }),
    row: css({
      borderBottom: line,
      verticalAlign: 'top',
      '& > *': { padding: theme.spacing(0.75, 1.5, 0.75, 0) },
      [theme.breakpoints.down('md')]: {
        display: 'flex',
        flexWrap: 'wrap',
        '& > td:last-child': { flexBasis: '100%', paddingTop: 0 },
      },
    }),
    outcome: css({ whiteSpace: 'nowrap', width: 120 }),
    good: css({ color: theme.colors.success.text }),
    bad: css({ color: theme.colors.error.text }),
    lacking: css({ color: theme.colors.warning.text }),
    unknown: css({ color: theme.colors.text.secondary }),
    name: css({ fontWeight: theme.typography.fontWeightMedium, whiteSpace: 'nowrap', width: 130 }),
    finding: css({ overflowWrap: 'anywhere', whiteSpace: 'pre-line' }),
    remedy: css({ marginTop: theme.spacing(0.5) }),
    request: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  };
};
