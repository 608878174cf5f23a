import { CoreApp, type MetricFindValue } from '@grafana/data';
import { type PrometheusVariableSupport } from '@grafana/prometheus';
import { Alert, Button } from '@grafana/ui';
import React, { useMemo, useState } from 'react';
import { lastValueFrom } from 'rxjs';

import { type AmpDataSource } from '../../src/datasource';
import { type AmpQuery } from '../../src/types';
import { newRequest } from './run';
import { lastHalfHour } from './time';

/** A dashboard's query variable: the data source's own editor, and what its query returns. */
export function VariablePage({ datasource }: { datasource: AmpDataSource }) {
  const range = useMemo(lastHalfHour, []);
  const [query, setQuery] = useState<AmpQuery>({ refId: 'PrometheusVariableQueryEditor-VariableQuery' } as AmpQuery);
  const [found, setFound] = useState<MetricFindValue[]>();
  const [problem, setProblem] = useState<string>();
  const variables = datasource.variables as PrometheusVariableSupport;
  const Editor = variables.editor;

  const run = async () => {
    setFound(undefined);
    setProblem(undefined);
    try {
      const { data } = await lastValueFrom(variables.query(newRequest({ app: CoreApp.Dashboard, query, range })));
      setFound(data);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : JSON.stringify(error));
    }
  };

  return (
    <>
      <Editor
        datasource={datasource}
        query={query as never}
        range={range}
        onChange={setQuery as never}
        onRunQuery={run}
      />
      <Button onClick={run}>Run query</Button>
      {problem && <Alert severity="error" title={problem} data-testid="problem" />}
      {found && (
        <ul aria-label="Options">
          {found.map(({ text }) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </>
  );
}
