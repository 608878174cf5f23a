import { defineConfig } from '@playwright/test';
import { existsSync } from 'node:fs';

// Debian's Chromium where it is installed, Playwright's own elsewhere (npx playwright install chromium).
const chromium = ['/usr/bin/chromium'].find(existsSync);

/** The built plugin on the real @grafana packages, in a real browser, without Grafana. */
export default defineConfig({
  testDir: './e2e',
  testIgnore: 'grafana/**', // wants a Grafana: npm run e2e:grafana
  outputDir: './test-results',
  forbidOnly: Boolean(process.env.CI),
  workers: 1,
  timeout: 120_000,
  reportSlowTests: null,
  expect: { timeout: 30_000 },
  reporter: [['list']],
  use: {
    // Where the server below says that it listens.
    baseURL: process.env.AMPKIT_E2E,
    actionTimeout: 30_000,
    contextOptions: { reducedMotion: 'reduce' }, // colours that are still changing are no finding
    viewport: { width: 1280, height: 1000 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  // AMPKIT_E2E=http://127.0.0.1:3111 npm run e2e walks on a server that is there already.
  webServer: process.env.AMPKIT_E2E
    ? undefined
    : {
        command: 'node e2e/serve.mjs',
        wait: { stdout: /(?<ampkit_e2e>http:\/\/\S+)\// },
        gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
        timeout: 600_000, // the first build takes minutes
      },
});
