import {
  type AdHocVariableFilter,
  type CoreApp,
  type DataFrame,
  type DataQueryRequest,
  LoadingState,
  type PanelData,
  type TimeRange,
} from '@grafana/data';
import { type DataQuery } from '@grafana/schema';
import { lastValueFrom } from 'rxjs';

import { type AmpDataSource } from '../../src/datasource';
import { type AmpQuery } from '../../src/types';

interface Asked {
  app: CoreApp;
  query: DataQuery;
  range: TimeRange;
  filters?: AdHocVariableFilter[];
}

export function newRequest({ app, query, range, filters }: Asked): DataQueryRequest<AmpQuery> {
  return {
    app,
    requestId: 'Q1',
    interval: '15s',
    intervalMs: 15_000,
    maxDataPoints: 500,
    range,
    rangeRaw: range.raw,
    scopedVars: {},
    filters,
    targets: [query],
    timezone: 'utc',
    startTime: Date.now(),
  } as unknown as DataQueryRequest<AmpQuery>;
}

/** Runs a query as a panel does: what can't be answered is an error, with or without series. */
export async function run(datasource: AmpDataSource, asked: Asked): Promise<PanelData> {
  const request = newRequest(asked);
  const base = { timeRange: asked.range, request, series: [] as DataFrame[] };
  try {
    const { data, error, errors } = await lastValueFrom(datasource.query(request));
    const failed = error ?? errors?.[0];
    return { ...base, series: data, error: failed, state: failed ? LoadingState.Error : LoadingState.Done };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...base, error: { message }, state: LoadingState.Error };
  }
}
