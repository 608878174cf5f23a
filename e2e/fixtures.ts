import { type APIRequestContext, expect, type Page, test as base } from '@playwright/test';

import { watch } from './console';

export { expect };

export interface State {
  region: string;
  account: string;
  workspaces: Array<{ id: string; alias: string; arn: string; url: string; status: string }>;
  podRole: string;
  assumedRole: string;
  accessKey: { id: string; secret: string };
  requests: Array<{ plane: string; action: string; path: string; status: number; times: number }>;
  foreignHosts: string[] | null;
}

/** The server's controls: what a walk arranges, and what it looks up afterwards. */
export class Server {
  constructor(private request: APIRequestContext) {}

  /** Everything as at the start. */
  reset = (): Promise<State> => this.post('reset');
  /** Stores a data source as provisioning or another plugin may have done. */
  store = (datasource: object) => this.post('datasource', datasource);
  /** Whoever asks is this from now on. */
  become = (role: 'Admin' | 'Editor' | 'Viewer') => this.post('role', { role });
  /** Takes IAM actions away. */
  forbid = (...actions: string[]) => this.post('forbid', { actions });
  /** AMP answers with this from now on. */
  fail = (fault: { status?: number; body?: string; path?: string; delayMS?: number }) => this.post('fault', fault);
  state = async (): Promise<State> => (await this.request.get('/test/state')).json();
  /** The data source as it was saved. */
  saved = async (uid = 'amp') => (await this.request.get(`/api/datasources/uid/${uid}`)).json();

  private async post(control: string, data: object = {}) {
    const response = await this.request.post(`/test/${control}`, { data });
    expect(response.ok(), await response.text()).toBe(true);
    return response.json();
  }
}

interface Fixtures {
  /** The addresses of requests that this test wants to fail. */
  refused: RegExp | undefined;
  server: Server;
  /** What there was at the start. */
  state: State;
  /** Keeps a picture of this step. */
  shot: (name: string) => Promise<void>;
}

/** A page that fails its test for a console error, a failed request, or one to another host. */
export const test = base.extend<Fixtures>({
  refused: [undefined, { option: true }],
  server: async ({ request }, use) => use(new Server(request)),
  state: [async ({ server }, use) => use(await server.reset()), { auto: true }],
  page: async ({ page, server, baseURL, refused }, use) => {
    const problems = watch(page, baseURL!, refused);
    await use(page);
    expect(problems()).toEqual([]);
    expect((await server.state()).foreignHosts).toBeNull();
  },
  shot: async ({ page }, use, info) => {
    let step = 0;
    await use(async (name) => {
      step++;
      const file = info.titlePath
        .slice(1)
        .join(' ')
        .replace(/[^a-z0-9]+/gi, '-')
        .toLowerCase();
      const path = `test-results/steps/${file}-${step}-${name}.png`;
      await page.screenshot({ path, fullPage: true, animations: 'disabled' });
    });
  },
});

/** Opens the query page with a query. */
export async function openQuery(page: Page, query?: object, more: Record<string, string> = {}) {
  const asked = new URLSearchParams({ app: 'panel-editor', ...more });
  if (query) {
    asked.set('query', JSON.stringify({ refId: 'A', range: true, ...query }));
  }
  await page.goto(`/query?${asked}`);
}

/** Switches the editor, as a click on the name does. */
export const chooseMode = (page: Page, mode: 'Builder' | 'Code') =>
  page.getByRole('radio', { name: mode, exact: true }).check({ force: true });

export const runQuery = (page: Page) => page.getByRole('button', { name: 'Run queries' }).click();

/** The series that came back. */
export const seriesOf = (page: Page) => page.getByLabel('Series').getByRole('listitem');

/** Waits until a query has been answered with series. */
export const answered = (page: Page) => expect(seriesOf(page).first()).toBeVisible();

/** The query as it would be stored in a dashboard. */
export const readQuery = async (page: Page) => JSON.parse((await page.getByTestId('query').textContent())!);
