import type { APIRequestContext, Page } from '@playwright/test';
import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, pluginId, source, test } from './fixtures';
import { Programs, root, run } from './programs';

// The team's folder of pkg/migrate/testdata in a whole Grafana: the dashboards as `ampkit migrate files` left them, and
// the same ones changed in Grafana by `ampkit migrate grafana`. Each is opened, and its panels show data.

const [prometheus, amazon] = ['prometheus', 'grafana-amazonprometheus-datasource'];
const folder = 'shop';

/** The data sources of testdata/in/datasources, and those that its dashboards know from elsewhere. */
const sources = [
  { uid: 'amp-shop', name: 'Shop', type: prometheus, moves: true },
  { uid: 'amp-slow', name: 'Shop, slow', type: prometheus, moves: true, jsonData: { timeInterval: '5m' } },
  { uid: 'P632E1C5839411A10', name: 'Payments', type: amazon, moves: true },
  { uid: 'central', name: 'Central', type: amazon, moves: true },
  { uid: 'elsewhere', name: 'Elsewhere', type: amazon, moves: true },
  { uid: 'local', name: 'Kubernetes', type: prometheus, moves: false },
  { uid: 'nobody-knows', name: 'Nobody knows', type: prometheus, moves: false },
  { uid: 'wrong', name: 'Wrong region', type: prometheus, moves: false }, // no panel asks it anything
];
const moving = sources.filter((s) => s.moves).map((s) => s.uid);

const paths = ['/popular/category', '/popular/product', '/user/product'];
const instances = ['ip-10-0-1-23:9100', 'ip-10-0-2-41:9100', 'ip-10-0-3-7:9100'];
const restarts = 'resets(http_requests_total{instance="recommender-1:8080"}[1m]) > 0';
const all = 'sum(rate(http_requests_total[5m]))';

interface Dashboard {
  file: string;
  title: string;
  /** What has to be asked and to be answered with data: the data source's uid and the expression. */
  asks: string[];
  /** What is asked too in a Grafana whose default data source is another one. */
  asksToo?: string[];
  panels: string[];
  /** How many panels are charts over time. */
  charts: number;
}

const dashboards: Dashboard[] = [
  {
    file: 'schema14-rows.json',
    title: 'Shop 2017',
    charts: 6,
    panels: [...paths.map((path) => `Rate of ${path}`), 'Both', 'Default'],
    asks: [
      ...paths.map((path) => `amp-shop: sum(rate(http_requests_total{path=~"${path}"}[5m])) by (path)`),
      'amp-shop: up',
      'local: up',
      `${source.uid}: count(up)`,
      `amp-shop: ${restarts}`,
    ],
  },
  {
    file: 'schema16-grid.json',
    title: 'Shop 2018',
    charts: 4,
    panels: [...paths.map((path) => `Rate of ${path}`), 'Both', 'Default', 'Now'],
    asks: [
      ...paths.map((path) => `amp-shop: sum(rate(http_requests_total{path=~"${path}"}[5m])) by (path)`),
      'amp-shop: up',
      'local: up',
      `${source.uid}: count(up)`,
      'amp-shop: sum(node_memory_MemAvailable_bytes) by (instance)',
      `amp-shop: ${restarts}`,
    ],
  },
  {
    file: 'schema27-export.json',
    title: 'Payments (export)',
    charts: 1,
    panels: ['p90 <all>', 'Up'],
    asks: [
      'P632E1C5839411A10: histogram_quantile(0.90, sum(rate(http_request_duration_seconds_bucket[$__rate_interval])) by (le))',
      'local: up',
    ],
  },
  {
    file: 'schema36-mixed.json',
    title: 'Nodes',
    charts: 4,
    panels: [
      'All of them',
      'The default',
      'Any AMP',
      'By variable',
      "By AMP's variable",
      ...instances.map((instance) => `Sent by ${instance} — ü`),
    ],
    asks: [
      // The ad-hoc filter is for this data source's panels.
      ...instances.map((i) => `amp-shop: rate(node_network_transmit_bytes_total{instance="${i}", job="node"}[5m])`),
      ...['amp-shop', 'local', 'nobody-knows', 'elsewhere'].map((uid) => `${uid}: sum(up)`),
      'amp-shop: count(up{job="node"})',
      `${source.uid}: count(up)`,
      'amp-shop: resets(node_network_transmit_bytes_total{device="eth0"}[1m]) > 0',
    ],
    asksToo: ['local: count(up)'], // a panel for any prometheus has the first one by name
  },
  {
    file: 'schema38-export.json',
    title: 'Shop (export)',
    charts: 1,
    panels: ['Requests'],
    asks: [
      `amp-shop: sum(rate(http_requests_total{path=~"(${paths.join('|')})"}[$__rate_interval])) by (path)`,
      `amp-shop: ${restarts}`,
    ],
  },
  {
    file: 'schema39-library.json',
    title: 'Library',
    charts: 1,
    panels: ['Requests', 'Up'],
    asks: [`amp-shop: ${all}`, 'central: up'],
  },
  { file: 'schema41-compact.json', title: 'Compact', charts: 1, panels: [], asks: ['P632E1C5839411A10: up'] },
  {
    file: 'v2alpha1.yaml',
    title: 'Shop, first schema v2',
    charts: 1,
    panels: ['Requests'],
    asks: [`amp-shop: ${all}`],
  },
  {
    file: 'v2beta1.json',
    title: 'Shop, schema v2',
    charts: 4,
    panels: [...paths.map((path) => `Requests to ${path}`), 'Requests'],
    asks: [
      ...paths.map((path) => `amp-shop: sum(rate(http_requests_total{path="${path}"}[5m]))`),
      'local: up',
      'amp-shop: up',
      `amp-shop: ${all}`,
      `amp-shop: ${restarts}`,
    ],
  },
];

function textOf({ file }: Dashboard, from: 'in' | 'out'): string {
  return readFileSync(resolve(root, 'pkg/migrate/testdata', from, 'dashboards', file), 'utf8');
}

/** A Grafana through its API, as a team's own script would use it. */
class Team {
  constructor(private request: APIRequestContext) {}

  private async send(method: 'post' | 'get' | 'delete', path: string, data?: unknown, type = 'application/json') {
    const answer = await this.request[method](
      path,
      data === undefined ? {} : { data, headers: { 'content-type': type } }
    );
    expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
    return answer.json();
  }

  /** Adds the team's data sources, of the types they had or have now. */
  async addSources(migrated: boolean) {
    for (const { moves, jsonData, ...s } of sources) {
      const signed = { sigV4Auth: true, sigV4AuthType: 'keys', sigV4Region: 'us-east-1', manageAlerts: false };
      await this.send('post', '/api/datasources', {
        ...s,
        type: migrated && moves ? pluginId : s.type,
        access: 'proxy',
        url: moves ? cloud.workspace : cloud.proxy,
        jsonData: { ...(moves ? signed : { manageAlerts: false }), ...jsonData },
        secureJsonData: moves ? { sigV4AccessKey: cloud.key, sigV4SecretKey: cloud.secret } : {},
      });
    }
  }

  /** Adds a dashboard as its schema wants to be added; Grafana adds the library panels that an export holds. */
  async add(dashboard: Dashboard, from: 'in' | 'out') {
    const text = textOf(dashboard, from);
    const resources = (version: string) => `/apis/dashboard.grafana.app/${version}/namespaces/default/dashboards`;
    if (dashboard.file.endsWith('.yaml')) {
      await this.send('post', resources('v2alpha1'), text, 'application/yaml');
      return;
    }
    const model = JSON.parse(text);
    if (model.apiVersion) {
      await this.send('post', resources('v2beta1'), model);
      return;
    }
    const values: Record<string, string> = {
      DS_PAYMENTS: 'P632E1C5839411A10',
      DS_PROMETHEUS: 'local',
      DS_SHOP: 'amp-shop',
    };
    const inputs = (model.__inputs ?? []).map((input: { name: string; value: string }) => ({
      ...input,
      value: values[input.name] ?? input.value,
    }));
    await this.send('post', '/api/dashboards/import', { dashboard: model, inputs, folderUid: folder });
  }

  async found(title: string): Promise<{ uid: string; url: string }> {
    const list = await this.send('get', `/api/search?type=dash-db&query=${encodeURIComponent(title)}`);
    return list.find((d: { title: string }) => d.title === title);
  }

  async types(): Promise<Record<string, string>> {
    const list: Array<{ uid: string; type: string }> = await this.send('get', '/api/datasources');
    return Object.fromEntries(list.map(({ uid, type }) => [uid, type]));
  }

  async token(): Promise<string> {
    const { id } = await this.send('post', '/api/serviceaccounts', { name: `migrate ${Date.now()}`, role: 'Admin' });
    return (await this.send('post', `/api/serviceaccounts/${id}/tokens`, { name: `migrate ${id}` })).key;
  }

  async addFolder() {
    await this.send('post', '/api/folders', { uid: folder, title: 'Shop' });
  }

  async remove({ title }: Dashboard) {
    const there = await this.found(title);
    if (there) {
      await this.send('delete', `/api/dashboards/uid/${there.uid}`);
    }
  }

  async removeAll() {
    for (const dashboard of dashboards) {
      await this.remove(dashboard);
    }
    await this.request.delete(`/api/folders/${folder}`); // and its library panels
    for (const { uid } of sources) {
      await this.request.delete(`/api/datasources/uid/${uid}`);
    }
  }
}

interface Answer {
  /** The data source's uid and the expression. */
  asked: string;
  values: number;
  error?: string;
}

/** Collects what a page asks data sources for, and what they answer. */
function listen(page: Page): () => Promise<Answer[]> {
  const answers: Array<Promise<Answer[]>> = [];
  page.on('response', (response) => {
    if (!response.url().includes('/api/ds/query')) {
      return;
    }
    const { queries } = response.request().postDataJSON();
    answers.push(
      response.json().then(({ results, message }) =>
        queries
          .filter((q: { expr?: string }) => q.expr)
          .map((q: { refId: string; expr: string; datasource: { uid: string } }) => ({
            asked: `${q.datasource.uid}: ${q.expr}`,
            values: (results?.[q.refId]?.frames ?? [])
              .map((f: { data: { values: unknown[][] } }) => f.data.values[0]?.length ?? 0)
              .reduce((a: number, b: number) => a + b, 0),
            error: results?.[q.refId]?.error ?? message,
          }))
      )
    );
  });
  return async () => (await Promise.all(answers)).flat();
}

/** How many charts of the page are drawn. Runs in the browser. */
function charts(): number {
  const drawn = (canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return new Uint32Array(data.buffer).some((pixel) => pixel !== 0);
  };
  return [...document.querySelectorAll<HTMLCanvasElement>('.uplot canvas')].filter(drawn).length;
}

/** Opens a dashboard; all of its panels ask, are answered with data, and show no error. */
async function showsData(
  page: Page,
  url: string,
  dashboard: Omit<Dashboard, 'asksToo'>,
  shot: (name: string) => Promise<void>
) {
  const answers = listen(page);
  await page.setViewportSize({ width: 1400, height: 3200 }); // panels below the window don't ask
  await page.goto(url);
  const rows = page.getByRole('button', { name: 'Expand row' });
  await expect(page.getByTestId(/^data-testid Panel header/).first()).toBeVisible();
  while (await rows.first().isVisible()) {
    await rows.first().click();
  }
  const answered = async () => new Set((await answers()).filter((a) => a.values > 0).map((a) => a.asked));
  await expect.poll(async () => [...(await answered())].sort()).toEqual([...new Set(dashboard.asks)].sort());
  expect((await answers()).filter((a) => a.error)).toEqual([]);
  for (const title of dashboard.panels) {
    const panel = page.getByTestId(`data-testid Panel header ${title}`).first();
    await expect(panel).toBeVisible();
    await expect(panel.getByText('No data', { exact: true })).toBeHidden();
  }
  await expect(page.getByTestId(/Panel status error/)).toBeHidden();
  await expect(page.getByTestId('panel-loading-bar')).toHaveCount(0);
  await expect.poll(() => page.evaluate(charts)).toBeGreaterThanOrEqual(dashboard.charts);
  await shot(dashboard.file.split('.')[0]);
}

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

test.describe('files that were migrated', () => {
  test.beforeAll(async ({ request }) => {
    const team = new Team(request);
    await team.removeAll();
    await team.addFolder();
    await team.addSources(true);
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
    await team.addSources(false);
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
