import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig } from '@playwright/test';
import { resolve } from 'node:path';

import base from '../../playwright.config';

const { GRAFANA_URL, GRAFANA_HOME } = process.env;
if (!GRAFANA_URL && !GRAFANA_HOME) {
  throw new Error(
    'No Grafana to test in: GRAFANA_URL=http://127.0.0.1:3000 for one that runs, as docker-compose.yaml or ' +
      '`npm run grafana` start it, or GRAFANA_HOME=/usr/share/grafana for one that is started for the tests'
  );
}
const root = resolve(__dirname, '../..');

/** The plugin in a real Grafana, with the emulated AMP and everything in provisioning/. */
export default defineConfig<PluginOptions>({
  ...base,
  testDir: '.',
  testIgnore: [],
  timeout: 240_000,
  outputDir: resolve(root, 'test-results/grafana'),
  use: {
    ...base.use,
    trace: 'off', // of pages as large as Grafana's it takes longer than the tests
    baseURL: GRAFANA_URL?.replace(/\/$/, ''),
    provisioningRootDir: resolve(root, 'provisioning'),
    viewport: { width: 1400, height: 1100 },
  },
  webServer: GRAFANA_URL
    ? undefined
    : {
        command: 'node e2e/grafana/start.mjs --examples',
        cwd: root,
        wait: { stdout: /(?<grafana_url>http:\/\/\S+)\// },
        gracefulShutdown: { signal: 'SIGTERM', timeout: 20_000 },
        timeout: 120_000,
      },
});
