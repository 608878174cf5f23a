import {
  CoreApp,
  createTheme,
  type DataSourceInstanceSettings,
  DataSourcePluginContextProvider,
  type DataSourceSettings,
  ThemeContext,
} from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { locationService, LocationServiceProvider } from '@grafana/runtime';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import React from 'react';
import { createRoot } from 'react-dom/client';

import { ConfigPage } from './ConfigPage';
import { QueryPage } from './QueryPage';
import { startServices } from './services';
import { loadPlugin } from './shared';

// Monaco's workers only serve languages that this page does not use.
Object.assign(window, {
  MonacoEnvironment: { getWorker: () => new Worker(URL.createObjectURL(new Blob(['']))) },
});

async function main() {
  await initPluginTranslations('grafana');
  const stored: DataSourceSettings = await (await fetch('/api/datasources/uid/amp')).json();
  const plugin = await loadPlugin();
  const meta = await (await fetch('/public/plugins/grafana-ampkitprometheus-datasource/plugin.json')).json();
  const settings = { ...stored, meta } as unknown as DataSourceInstanceSettings;
  const backend = startServices(settings);
  const asked = new URLSearchParams(location.search);

  createRoot(document.getElementById('root')!).render(
    <ThemeContext.Provider value={createTheme({ colors: { mode: asked.get('theme') === 'light' ? 'light' : 'dark' } })}>
      <LocationServiceProvider service={locationService}>
        <GlobalStyles />
        <DataSourcePluginContextProvider instanceSettings={settings}>
          <div style={{ padding: 24, maxWidth: 1100 }}>
            <h1>{location.pathname === '/query' ? 'Query' : stored.name}</h1>
            {location.pathname === '/query' ? (
              <QueryPage
                plugin={plugin}
                settings={settings}
                app={(asked.get('app') as CoreApp) ?? CoreApp.PanelEditor}
                first={JSON.parse(asked.get('query') ?? '{"refId":"A","expr":""}')}
              />
            ) : (
              <ConfigPage plugin={plugin} backend={backend} stored={stored} />
            )}
          </div>
        </DataSourcePluginContextProvider>
        <PortalContainer />
      </LocationServiceProvider>
    </ThemeContext.Provider>
  );
}

main().catch((error) => {
  console.error(error);
  document.body.append(String(error));
});
