import { EventBusSrv, type DataSourceInstanceSettings } from '@grafana/data';
import {
  type BackendSrv,
  type BackendSrvRequest,
  type DataSourceSrv,
  type FetchResponse,
  FakeEchoSrv,
  setAppEvents,
  setBackendSrv,
  setDataSourceSrv,
  setEchoSrv,
  setPluginComponentHook,
  setPluginComponentsHook,
  setPluginFunctionsHook,
  setPluginLinksHook,
  setTemplateSrv,
} from '@grafana/runtime';
import { from, lastValueFrom, type Observable } from 'rxjs';

import { type AmpDataSource } from '../../src/datasource';
import { type Plugin } from './shared';
import { newTemplateSrv, type readVariables } from './templates';

/** Grafana's HTTP API, asked for real; the server of this page answers. */
async function send<T>(request: BackendSrvRequest): Promise<FetchResponse<T>> {
  const url = new URL(request.url, location.origin);
  for (const [key, value] of Object.entries(request.params ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) {
        url.searchParams.append(key, String(one));
      }
    }
  }
  const form = request.headers?.['Content-Type'] === 'application/x-www-form-urlencoded';
  const headers: Record<string, string> = { 'Content-Type': 'application/json', ...request.headers };
  const response = await fetch(url, {
    method: request.method ?? 'GET',
    headers,
    body:
      request.data === undefined ? undefined : form ? new URLSearchParams(request.data) : JSON.stringify(request.data),
  });
  const text = await response.text();
  const data = text && response.headers.get('Content-Type')?.includes('json') ? JSON.parse(text) : text;
  const { ok, status, statusText } = response;
  if (!ok) {
    throw { status, statusText, data, config: request };
  }
  return { data, ok, status, statusText, config: request } as FetchResponse<T>;
}

const backendSrv = {
  fetch: <T>(request: BackendSrvRequest): Observable<FetchResponse<T>> => from(send<T>(request)),
  get: async (url: string, params?: Record<string, string>) => (await send({ url, params })).data,
  put: async (url: string, data?: unknown) => (await send({ url, data, method: 'PUT' })).data,
  post: async (url: string, data?: unknown) => (await send({ url, data, method: 'POST' })).data,
  datasourceRequest: <T>(request: BackendSrvRequest) => lastValueFrom(from(send<T>(request))),
} as unknown as BackendSrv;

/** Tells the shared packages what Grafana would tell them, and makes the data source as Grafana does. */
export function startServices(
  plugin: Plugin,
  settings: DataSourceInstanceSettings,
  variables: ReturnType<typeof readVariables>
): AmpDataSource {
  setBackendSrv(backendSrv);
  setTemplateSrv(newTemplateSrv(variables));
  setAppEvents(new EventBusSrv());
  setEchoSrv(new FakeEchoSrv());
  setPluginLinksHook(() => ({ links: [], isLoading: false }));
  setPluginComponentsHook(() => ({ components: [], isLoading: false }));
  setPluginComponentHook(() => ({ component: null, isLoading: false }));
  setPluginFunctionsHook(() => ({ functions: [], isLoading: false }));
  const datasource = new plugin.DataSourceClass(settings);
  Object.assign(datasource, { meta: settings.meta, components: plugin.components });
  setDataSourceSrv({
    getList: () => [settings],
    getInstanceSettings: () => settings,
    get: async () => datasource,
    reload: () => {},
  } as unknown as DataSourceSrv);
  return datasource;
}
