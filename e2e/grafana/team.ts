import type { APIRequestContext } from '@playwright/test';

import { type Dashboard, dashboards, sources, textOf } from './dashboards';
import { expect, pluginId } from './fixtures';

export const folder = 'shop';

/** An AMP whose keys the data sources hold, and a plain Prometheus. */
export interface Cloud {
  workspace: string;
  proxy: string;
  key: string;
  secret: string;
}

/** A Grafana through its API, as a team's own script would use it. */
export class Team {
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
  async addSources(cloud: Cloud, migrated: boolean) {
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
