import { type DataSourcePlugin, type DataSourceSettings } from '@grafana/data';
import { type BackendSrv } from '@grafana/runtime';
import { Alert, Button } from '@grafana/ui';
import React, { useState } from 'react';

interface Props {
  plugin: DataSourcePlugin<never>;
  backend: BackendSrv;
  stored: DataSourceSettings;
}

/** What Grafana's settings page does: save, read back what was saved, ask for the health. */
export function ConfigPage({ plugin, backend, stored }: Props) {
  const [options, setOptions] = useState(stored);
  const [health, setHealth] = useState<{ status: string; message: string }>();
  const Editor = plugin.components.ConfigEditor as unknown as React.ComponentType<{
    options: DataSourceSettings;
    onOptionsChange: (next: DataSourceSettings) => void;
  }>;
  const path = `/api/datasources/uid/${options.uid}`;

  const test = async () => {
    if (!options.readOnly) {
      await backend.put(path, options);
      setOptions(await backend.get(path));
    }
    try {
      setHealth(await backend.get(`${path}/health`));
    } catch (error) {
      setHealth((error as { data: { status: string; message: string } }).data);
    }
  };

  return (
    <>
      <Editor options={options} onOptionsChange={setOptions} />
      {health && (
        <Alert severity={health.status === 'OK' ? 'success' : 'error'} title={health.message} data-testid="health" />
      )}
      <Button onClick={test}>{options.readOnly ? 'Test' : 'Save & test'}</Button>
    </>
  );
}
