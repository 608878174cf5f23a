import { rmSync } from 'node:fs';
import { resolve } from 'node:path';

import { dashboards, files, moving, sources, textOf } from './dashboards';
import { expect, pluginId, source, test } from './fixtures';
import { Programs, root, run } from './programs';
import { showsData } from './shows';
import { folder, Team } from './team';

// The team's folder of pkg/migrate/testdata in a whole Grafana: the dashboards as `ampkit migrate files` left them, and
// the same ones changed in Grafana by `ampkit migrate grafana`. Each is opened, and its panels show data.

// An AMP of its own with the walkthrough's samples, whose keys the data sources hold, and a plain Prometheus: the proxy.
const programs = new Programs();
const cloud = { workspace: '', proxy: '', key: '', secret: '' };

test.describe.configure({ timeout: 5 * 60_000 });

test.beforeAll(async ({ request }) => {
  const { url } = await (await request.get(`/api/datasources/uid/${source.uid}`)).json();
  test.skip(
    new URL(url).hostname !== '127.0.0.1',
    'this Grafana is not on this machine, where the AMP of this spec is'
  );
  const emulator = await programs.start(['emulator', '--listen', '127.0.0.1:0']);
  cloud.workspace = emulator.line;
  await expect.poll(emulator.told).toMatch(/AWS_SECRET_ACCESS_KEY=\S+\s/);
  const told = (name: string) => new RegExp(`${name}=(\\S+)`).exec(emulator.told())![1];
  [cloud.key, cloud.secret] = [told('AWS_ACCESS_KEY_ID'), told('AWS_SECRET_ACCESS_KEY')];
  const keys = { AWS_ACCESS_KEY_ID: cloud.key, AWS_SECRET_ACCESS_KEY: cloud.secret };
  const at = ['--url', cloud.workspace, '--region', 'us-east-1'];
  await run(['sample', 'write', ...at], keys);
  cloud.proxy = (await programs.start(['proxy', ...at, '--listen', '127.0.0.1:0', '--allow', 'read'], keys)).line;
});

test.afterAll(async ({ request }) => {
  await new Team(request).removeAll();
  await programs.stop();
});

test('no dashboard is forgotten', () => {
  expect(dashboards.map((d) => d.file).sort()).toEqual(files());
});

test.describe('files that were migrated', () => {
  test.beforeAll(async ({ request }) => {
    const team = new Team(request);
    await team.removeAll();
    await team.addFolder();
    await team.addSources(cloud, true);
    for (const dashboard of dashboards) {
      await team.add(dashboard, 'out');
    }
  });

  for (const dashboard of dashboards) {
    test(`${dashboard.file} shows data`, async ({ page, request, shot }) => {
      const { url } = await new Team(request).found(dashboard.title);
      await showsData(page, url, dashboard, shot);
    });
  }

  test("an export's inputs are filled in on Grafana's page", async ({ page, request, shot }) => {
    const dashboard = dashboards.find((d) => d.file === 'schema38-export.json')!;
    const team = new Team(request);
    await team.remove(dashboard);
    await page.goto('/dashboard/import');
    await page.getByTestId('data-testid-import-dashboard-textarea').fill(textOf(dashboard, 'out'));
    await page.getByTestId('data-testid-load-dashboard').click();
    await page.getByTestId('data-testid Select a data source').click();
    await page.getByTestId('data-testid Data source list dropdown').getByText('Shop', { exact: true }).click();
    await shot('inputs');
    await page.getByTestId('data-testid-import-dashboard-submit').click();
    await page.waitForURL('**/d/**');
    await showsData(page, (await team.found(dashboard.title)).url, dashboard, shot);
  });
});

test.describe('a Grafana that was migrated', () => {
  const backup = resolve(root, 'test-results/steps/grafana/backup.json');
  let env: Record<string, string>;
  let at: string[];

  test.beforeAll(async ({ request, baseURL }) => {
    const team = new Team(request);
    await team.removeAll();
    await team.addFolder();
    await team.addSources(cloud, false);
    for (const dashboard of dashboards) {
      await team.add(dashboard, 'in');
    }
    env = { GRAFANA_TOKEN: await team.token() };
    at = ['--url', baseURL!, '--folder', folder, ...moving.flatMap((uid) => ['--only', uid])];
    rmSync(backup, { force: true });
    await run(['migrate', 'grafana', ...at, '--backup', backup], env);
  });

  test('has data sources that answer with the keys they had, and nothing more to do', async ({ request }) => {
    const types = await new Team(request).types();
    for (const { uid, type, moves } of sources) {
      expect(types[uid], uid).toBe(moves ? pluginId : type);
    }
    for (const uid of moving) {
      const health = await (await request.get(`/api/datasources/uid/${uid}/health`)).json();
      expect(health, uid).toMatchObject({ status: 'OK' });
    }
    expect(await run(['migrate', 'grafana', ...at, '--dry-run'], env)).toContain('nothing to do');
  });

  for (const dashboard of dashboards) {
    test(`${dashboard.file} shows data`, async ({ page, request, shot }) => {
      const { url } = await new Team(request).found(dashboard.title);
      const asks = [...dashboard.asks, ...(dashboard.asksToo ?? [])];
      await showsData(page, url, { ...dashboard, asks }, shot);
    });
  }

  test('is put back', async ({ request }) => {
    await run(['migrate', 'restore', backup], env);
    const types = await new Team(request).types();
    for (const { uid, type } of sources) {
      expect(types[uid], uid).toBe(type);
    }
  });
});
