import {
  type AdHocVariableFilter,
  type CoreApp,
  formattedValueToString,
  getFieldDisplayName,
  getValueFormat,
  type PanelData,
} from '@grafana/data';
import { Alert } from '@grafana/ui';
import React, { useMemo, useRef, useState } from 'react';

import { type AmpDataSource } from '../../src/datasource';
import { type AmpQuery } from '../../src/types';
import { AdHocFilters } from './AdHocFilters';
import { run } from './run';
import { type Plugin } from './shared';
import { lastHalfHour } from './time';

interface Props {
  plugin: Plugin;
  datasource: AmpDataSource;
  app: CoreApp;
  first: AmpQuery | null;
}

/** One query row with the dashboard's ad-hoc filters above it and what came back below. */
export function QueryPage({ plugin, datasource, app, first }: Props) {
  const range = useMemo(lastHalfHour, []);
  const [query, setQuery] = useState<AmpQuery>(() => first ?? { ...datasource.getDefaultQuery(app), refId: 'A' });
  // Editors change the query and run it in one go.
  const latest = useRef(query);
  const change = (next: AmpQuery) => setQuery((latest.current = next));
  const [filters, setFilters] = useState<AdHocVariableFilter[]>([]);
  const [data, setData] = useState<PanelData>();
  const Editor = plugin.components.QueryEditor!;

  return (
    <>
      <AdHocFilters datasource={datasource} range={range} queries={[query]} filters={filters} onChange={setFilters} />
      <Editor
        app={app}
        datasource={datasource}
        query={query}
        queries={[query]}
        data={data}
        range={range}
        onChange={change}
        onRunQuery={async () => setData(await run(datasource, { app, query: latest.current, range, filters }))}
        onAddQuery={() => {}}
      />
      <pre data-testid="query">{JSON.stringify(query)}</pre>
      {data && <Answer data={data} />}
    </>
  );
}

/** What a panel would show: the error, or the series, or that there are none. */
function Answer({ data }: { data: PanelData }) {
  if (data.error) {
    return <Alert severity="error" title={data.error.message ?? 'Unknown error'} data-testid="query-error" />;
  }
  const series = data.series.filter((frame) => frame.fields.length > 0);
  if (series.length === 0) {
    return <p>No data</p>;
  }
  return (
    <ul aria-label="Series" data-executed={series[0].meta?.executedQueryString}>
      {series.map((frame, i) => {
        const field = frame.fields[frame.fields.length - 1];
        const last = getValueFormat('short')(field.values[field.values.length - 1], 2);
        return (
          <li key={i} data-points={frame.length} data-type={frame.meta?.type}>
            {getFieldDisplayName(field, frame, data.series)}: {formattedValueToString(last)}
          </li>
        );
      })}
    </ul>
  );
}
