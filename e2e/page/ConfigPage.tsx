import { type DataSourceSettings } from '@grafana/data';
import { getBackendSrv, getDataSourceSrv } from '@grafana/runtime';
import { Alert, Button } from '@grafana/ui';
import React, { useEffect, useState } from 'react';

import { type Plugin } from './shared';

interface Health {
  status: string;
  message: string;
}

/** What Grafana's settings page does: save, read back what was saved, have the data source tested. */
export function ConfigPage({ plugin, uid }: { plugin: Plugin; uid: string }) {
  const [options, setOptions] = useState<DataSourceSettings<never>>();
  const [health, setHealth] = useState<Health>();
  const [problem, setProblem] = useState<string>();
  const Editor = plugin.components.ConfigEditor!;
  const path = `/api/datasources/uid/${uid}`;

  useEffect(() => {
    getBackendSrv()
      .get(path)
      .then(setOptions, (error) => setProblem(error.data.message));
  }, [path]);

  const test = async () => {
    setHealth(undefined);
    setProblem(undefined);
    try {
      if (!options!.readOnly) {
        await getBackendSrv().put(path, options);
        setOptions(await getBackendSrv().get(path));
      }
      const datasource = await getDataSourceSrv().get(uid);
      setHealth(await datasource.testDatasource().catch((verdict: Health) => verdict));
    } catch (error) {
      setProblem((error as { data: { message: string } }).data.message);
    }
  };

  return (
    <>
      {options && <Editor options={options as never} onOptionsChange={setOptions as never} />}
      {health && (
        <Alert
          severity={health.status === 'success' ? 'success' : 'error'}
          title={health.message}
          data-testid="health"
        />
      )}
      {problem && <Alert severity="error" title={problem} data-testid="problem" />}
      {options && <Button onClick={test}>{options.readOnly ? 'Test' : 'Save & test'}</Button>}
    </>
  );
}
