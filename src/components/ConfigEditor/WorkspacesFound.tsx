import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Alert, useStyles2 } from '@grafana/ui';
import React from 'react';

import { sentence } from '../../text';
import { type Failure, type Found, type Listing, usable } from '../../workspaces/listing';

interface Props {
  listing?: Listing;
  /** Why nothing could be asked at all. */
  error?: string;
  chosen?: Found;
}

const instead = 'You can enter the URL of the workspace below instead.';

/** What came of listing workspaces: how many there are, or what is missing. */
export function WorkspacesFound({ listing, error, chosen }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <div role="status" aria-label="Workspaces found" className={styles.all}>
      {listing && <div className={styles.count}>{count(listing)}</div>}
      {error && (
        <Alert severity="warning" title="Workspaces can't be listed" bottomSpacing={0}>
          {sentence(error)} {instead}
        </Alert>
      )}
      {failures(listing).map(({ regions, failure }) => (
        <Alert key={regions[0]} severity="warning" title={titleOf(failure, regions)} bottomSpacing={0}>
          {failure.errorType !== 'access-denied' && <p>{sentence(failure.message)}</p>}
          {failure.remedy && <p>{sentence(failure.remedy)}</p>}
          <p>{instead}</p>
          {failure.requestId && <small>AWS request id {failure.requestId}</small>}
        </Alert>
      ))}
      {chosen && !usable(chosen.status) && (
        <Alert severity="warning" title={`${chosen.alias || chosen.id} is ${chosen.status}`} bottomSpacing={0}>
          {chosen.status === 'CREATING' ? 'It answers once it is ACTIVE.' : 'It will not answer: choose another one.'}
        </Alert>
      )}
    </div>
  );
}

function count({ regions }: Listing): string {
  const answered = regions.filter(({ failure }) => !failure);
  if (answered.length === 0) {
    return '';
  }
  const n = answered.reduce((sum, { workspaces }) => sum + workspaces.length, 0);
  const more = answered.some((r) => r.more) ? ' or more' : '';
  const where = answered.map(({ region }) => region).join(', ');
  return `${n === 0 ? 'No workspaces' : n === 1 ? '1 workspace' : `${n}${more} workspaces`} in ${where}.`;
}

/** Regions that failed for the same reason together. */
function failures(listing?: Listing): Array<{ regions: string[]; failure: Failure }> {
  const out: Array<{ regions: string[]; failure: Failure }> = [];
  for (const { region, failure } of listing?.regions ?? []) {
    if (!failure) {
      continue;
    }
    const same = out.find((o) => o.failure.errorType === failure.errorType && o.failure.remedy === failure.remedy);
    if (same) {
      same.regions.push(region);
    } else {
      out.push({ regions: [region], failure });
    }
  }
  return out;
}

function titleOf({ action, errorType }: Failure, regions: string[]): string {
  const where = regions.join(', ');
  return errorType === 'access-denied' && action
    ? `${action} is not permitted in ${where}`
    : `Workspaces in ${where} can't be listed`;
}

const getStyles = (theme: GrafanaTheme2) => ({
  all: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
    '&:not(:empty)': { marginBottom: theme.spacing(2) },
    '& p': { marginBottom: theme.spacing(0.5) },
  }),
  count: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
