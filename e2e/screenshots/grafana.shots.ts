import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { expect, test } from '@playwright/test';

import { picture } from './picture';

// What only a whole Grafana can show. GRAFANA_HOME names one, as for `npm run grafana`.
test.skip(!process.env.GRAFANA_HOME, 'GRAFANA_HOME names no Grafana');

let grafana: ChildProcess;
let url: string;

test.beforeAll(async () => {
  const root = path.join(__dirname, '../..');
  const start = path.join(root, 'e2e/grafana/start.mjs');
  grafana = spawn('node', [start, '--port', '3490', '--amp-port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: grafana.stdout! });
  url = (await lines[Symbol.asyncIterator]().next()).value;
});

test.afterAll(async () => {
  const ended = new Promise((done) => grafana.once('exit', done));
  grafana.kill('SIGTERM');
  await ended;
});

test("the walkthrough's dashboard", async ({ page }) => {
  await page.setViewportSize({ width: 1000, height: 640 });
  const login = await page.request.post(`${url}login`, { data: { user: 'admin', password: 'admin' } });
  expect(login.ok()).toBe(true);
  const found = await (await page.request.get(`${url}api/search?query=Recommender&type=dash-db`)).json();
  await page.goto(`${url.slice(0, -1)}${found[0].url}?from=now-45m&to=now&theme=light&kiosk`);
  await expect(page.getByText('/user/product').first()).toBeVisible({ timeout: 90_000 });
  await expect(page.getByTestId('panel-loading-bar')).toHaveCount(0);
  await picture(page, 'dashboard');
});
