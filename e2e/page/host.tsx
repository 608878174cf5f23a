import {
  CoreApp,
  createTheme,
  type DataSourceInstanceSettings,
  DataSourcePluginContextProvider,
  ThemeContext,
} from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { config, locationService, LocationServiceProvider } from '@grafana/runtime';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';

import { AnnotationPage } from './AnnotationPage';
import { ConfigPage } from './ConfigPage';
import { QueryPage } from './QueryPage';
import { startServices } from './services';
import { loadPlugin } from './shared';
import { readVariables } from './templates';
import { VariablePage } from './VariablePage';

// Monaco's workers only serve languages that this page does not use.
Object.assign(window, {
  MonacoEnvironment: { getWorker: () => new Worker(URL.createObjectURL(new Blob(['']))) },
});

const asked = new URLSearchParams(location.search);

async function main() {
  await initPluginTranslations('grafana');
  // `amp`, or another that a test has put there.
  const uid = asked.get('ds') ?? 'amp';
  const settings = Object.values(config.datasources).find((ds) => ds.uid === uid);
  if (!settings) {
    throw new Error(`there is no data source ${uid}`);
  }
  const plugin = await loadPlugin();
  const datasource = startServices(plugin, settings, readVariables(asked));
  void datasource.init();
  const app = (asked.get('app') as CoreApp) ?? CoreApp.PanelEditor;
  const first = JSON.parse(asked.get('query') ?? 'null');

  const pages: Record<string, ReactNode> = {
    '/': <ConfigPage plugin={plugin} uid={uid} />,
    '/query': <QueryPage plugin={plugin} datasource={datasource} app={app} first={first} />,
    '/variable': <VariablePage datasource={datasource} />,
    '/annotation': <AnnotationPage datasource={datasource} first={first} />,
  };
  show(settings, pages[location.pathname] ?? <p>There is no page here: {Object.keys(pages).join(', ')}</p>);
}

/** What Grafana has around every page. */
function show(settings: DataSourceInstanceSettings, page: ReactNode) {
  const mode = asked.get('theme') === 'light' ? 'light' : 'dark';
  createRoot(document.getElementById('root')!).render(
    <ThemeContext.Provider value={createTheme({ colors: { mode } })}>
      <LocationServiceProvider service={locationService}>
        <GlobalStyles />
        <DataSourcePluginContextProvider instanceSettings={settings}>
          <main style={{ padding: 24, maxWidth: 1100 }}>
            <h1>{settings.name}</h1>
            {page}
          </main>
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
