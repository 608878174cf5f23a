import {
  type CoreApp,
  type DataFrame,
  type DataQueryRequest,
  type DataSourceInstanceSettings,
  type DataSourcePlugin,
  dateTime,
  formattedValueToString,
  getFieldDisplayName,
  getValueFormat,
  LoadingState,
  type PanelData,
} from '@grafana/data';
import React, { useMemo, useState } from 'react';
import { lastValueFrom } from 'rxjs';

import { type AmpDataSource } from '../../src/datasource';
import { type AmpQuery } from '../../src/types';

interface Props {
  plugin: DataSourcePlugin<never>;
  settings: DataSourceInstanceSettings;
  app: CoreApp;
  first: AmpQuery;
}

const to = dateTime();
const range = { from: dateTime(to).subtract(1, 'hour'), to, raw: { from: 'now-1h', to: 'now' } };

/** One query row with the series that came back below it. */
export function QueryPage({ plugin, settings, app, first }: Props) {
  const datasource = useMemo(() => {
    const Class = plugin.DataSourceClass as unknown as new (s: DataSourceInstanceSettings) => AmpDataSource;
    const created = new Class(settings);
    void created.init();
    return created;
  }, [plugin, settings]);
  const [query, setQuery] = useState<AmpQuery>(first);
  const [data, setData] = useState<PanelData>();
  const Editor = plugin.components.QueryEditor as unknown as React.ComponentType<Record<string, unknown>>;

  const run = async () => {
    const request = {
      app,
      requestId: 'Q1',
      interval: '15s',
      intervalMs: 15_000,
      maxDataPoints: 500,
      range,
      rangeRaw: range.raw,
      scopedVars: {},
      targets: [query],
      timezone: 'utc',
      startTime: Date.now(),
    } as unknown as DataQueryRequest<AmpQuery>;
    const { data, error, errors } = await lastValueFrom(datasource.query(request));
    const failed = error ?? errors?.[0];
    setData({
      state: failed ? LoadingState.Error : LoadingState.Done,
      series: data as DataFrame[],
      timeRange: range,
      request,
      error: failed,
    } as PanelData);
  };

  return (
    <>
      <Editor
        app={app}
        datasource={datasource}
        query={query}
        queries={[query]}
        data={data}
        range={range}
        onChange={setQuery}
        onRunQuery={run}
        onAddQuery={() => {}}
      />
      {data?.error && <p data-testid="query-error">{data.error.message}</p>}
      <ul aria-label="Series">
        {data?.series.map((frame, i) => {
          const values = frame.fields[1]?.values ?? [];
          const last = getValueFormat('short')(values[values.length - 1], 2);
          return (
            <li key={i}>
              {frame.fields[1] && getFieldDisplayName(frame.fields[1], frame, data.series)}:{' '}
              {formattedValueToString(last)}
            </li>
          );
        })}
      </ul>
    </>
  );
}
