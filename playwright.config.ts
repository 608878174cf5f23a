import { defineConfig } from '@playwright/test';
import { existsSync } from 'node:fs';

const port = 3111;
// Debian's Chromium where it is installed, Playwright's own elsewhere (npx playwright install chromium).
const chromium = ['/usr/bin/chromium'].find(existsSync);

/** The built plugin on the real @grafana packages, in a real browser, without Grafana. */
export default defineConfig({
  testDir: './e2e',
  outputDir: './test-results',
  forbidOnly: Boolean(process.env.CI),
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
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
  webServer: {
    command: 'node e2e/server.mjs',
    url: `http://127.0.0.1:${port}/`,
    env: { PORT: String(port) },
    timeout: 180_000,
  },
});
