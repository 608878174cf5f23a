import { expect, test as base } from '@grafana/plugin-e2e';
import { type APIRequestContext, request as requests } from '@playwright/test';

import { watch } from '../console';

export { expect };

export const pluginId = 'grafana-ampkitprometheus-datasource';
/** The data source of provisioning/datasources. */
export const source = { type: pluginId, uid: 'ampkit' };
/** The emulated AMP, as seen from this machine; its alias there is another one for a Grafana in a container. */
export const endpoint = process.env.AMPKIT_ENDPOINT ?? `http://127.0.0.1:${process.env.AMPKIT_PORT ?? '9099'}`;
export const workspace = 'ws-9205c29e-0209-598d-83b0-a7b980776e5e';
export const requestsByPath = 'sum(rate(http_requests_total{exported_job="recommender"}[5m])) by (path)';

/** AMP's bad days: `ampkit emulator --faults`. */
export class Faults {
  constructor(private request: APIRequestContext) {}

  /** All queries, or those whose path ends so, are answered with this from now on. */
  async set(fault: { status: number; body: string; path?: string; plane?: string }) {
    const response = await this.request.put(`${endpoint}/faults`, { data: fault });
    expect(response.status(), await response.text()).toBe(204);
  }

  end = () => this.request.delete(`${endpoint}/faults`);
}

interface Fixtures {
  faults: Faults;
  /** Makes a dashboard with a panel for this query, and answers its uid. */
  dashboard: (query?: object, more?: object) => Promise<string>;
  /** Keeps a picture of this step. */
  shot: (name: string) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  // Each test signs in: Grafana changes a session's token every ten minutes, and what was kept of the old one ends.
  storageState: async ({ baseURL, grafanaAPICredentials }, use) => {
    const context = await requests.newContext({ baseURL });
    const response = await context.post('/login', { data: grafanaAPICredentials });
    expect(response.ok(), await response.text()).toBe(true);
    await use(await context.storageState());
    await context.dispose();
  },
  faults: async ({ request }, use) => {
    const faults = new Faults(request);
    await use(faults);
    await faults.end();
  },
  dashboard: async ({ request }, use) => {
    const made: string[] = [];
    await use(async (query, more) => {
      const target = { refId: 'A', datasource: source, ...query };
      const panel = { id: 1, type: 'timeseries', title: 'Panel', datasource: source, targets: query ? [target] : [] };
      const response = await request.post('/api/dashboards/db', {
        data: {
          dashboard: {
            title: `e2e ${Date.now()}`,
            schemaVersion: 41,
            time: { from: 'now-30m', to: 'now' },
            panels: [{ ...panel, gridPos: { x: 0, y: 0, w: 24, h: 12 } }],
            ...more,
          },
        },
      });
      expect(response.ok(), await response.text()).toBe(true);
      const { uid } = await response.json();
      made.push(uid);
      return uid;
    });
    for (const uid of made) {
      await request.delete(`/api/dashboards/uid/${uid}`);
    }
  },
  // Grafana's own console errors are Grafana's; those of our code are not, and nothing leaves this machine.
  page: async ({ page, baseURL }, use) => {
    const problems = watch(page, baseURL!);
    await use(page);
    // The library writes every look-up that was refused to the console.
    const refused = /^\{status: \d+/;
    const ours = problems().filter(
      (text) => (text.includes(`public/plugins/${pluginId}`) && !refused.test(text)) || text.includes('another host')
    );
    expect(ours).toEqual([]);
  },
  shot: async ({ page }, use, info) => {
    let step = 0;
    const titled = info.titlePath.slice(1).join(' ').replace(/\W+/g, '-').toLowerCase();
    await use(async (name) => {
      await page.screenshot({ path: `test-results/steps/grafana/${titled}-${++step}-${name}.png` });
    });
  },
});
