import { type DataSourceSettings } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';
import { Alert, Button } from '@grafana/ui';
import React, { useEffect, useState } from 'react';

import { type Plugin } from './shared';

interface Health {
  status: string;
  message: string;
  details?: { verboseMessage?: string };
}

/** What Grafana's settings page does: save, read back what was saved, ask for the health. */
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
      setHealth(await getBackendSrv().get(`${path}/health`));
    } catch (error) {
      const { data } = error as { data: Partial<Health> & { message: string } };
      if (data.status) {
        setHealth(data as Health);
      } else {
        setProblem(data.message);
      }
    }
  };

  return (
    <>
      {options && <Editor options={options as never} onOptionsChange={setOptions as never} />}
      {health && (
        <Alert severity={health.status === 'OK' ? 'success' : 'error'} title={health.message} data-testid="health">
          {/* Grafana shows this of the details, as it stands. */}
          {health.details?.verboseMessage}
        </Alert>
      )}
      {problem && <Alert severity="error" title={problem} data-testid="problem" />}
      {options && <Button onClick={test}>{options.readOnly ? 'Test' : 'Save & test'}</Button>}
    </>
  );
}
