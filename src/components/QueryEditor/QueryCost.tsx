import { css } from '@emotion/css';
import { type GrafanaTheme2, type PanelData } from '@grafana/data';
import { Tooltip, useStyles2 } from '@grafana/ui';
import React from 'react';

/** What AWS charges for samples that queries process, us-east-1; an estimate, other regions differ a little. */
const dollarsPerSample = 0.1 / 1e9;

interface Props {
  data?: PanelData;
  refId: string;
}

/** The samples that a query processed and what they cost, when the data source asks for statistics. */
export function QueryCost({ data, refId }: Props) {
  const styles = useStyles2(getStyles);
  const samples = samplesProcessed(data, refId);
  if (samples === undefined) {
    return null;
  }
  return (
    <div className={styles.line} data-testid="ampkit-query-cost">
      <Tooltip content="Estimate at USD 0.10 for a billion samples processed (us-east-1). Your region's price may differ.">
        <span tabIndex={0}>
          {samples.toLocaleString('en-US')} samples processed, {dollars(samples * dollarsPerSample)} each time it runs
        </span>
      </Tooltip>
    </div>
  );
}

export function samplesProcessed(data: PanelData | undefined, refId: string): number | undefined {
  let total: number | undefined;
  for (const frame of data?.series ?? []) {
    // A query that runs both ways comes back under two ids.
    if (frame.refId !== refId && frame.refId !== `${refId}-Instant`) {
      continue;
    }
    for (const stat of frame.meta?.stats ?? []) {
      if (stat.displayName === 'Total queryable samples') {
        total = (total ?? 0) + stat.value;
      }
    }
  }
  return total;
}

export function dollars(amount: number): string {
  if (amount === 0) {
    return 'USD 0';
  }
  return amount < 0.000001
    ? 'less than USD 0.000001'
    : `about USD ${Number(amount.toPrecision(2)).toFixed(decimals(amount))}`;
}

function decimals(amount: number): number {
  return Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(amount))));
}

const getStyles = (theme: GrafanaTheme2) => ({
  line: css({
    marginTop: theme.spacing(0.5),
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
