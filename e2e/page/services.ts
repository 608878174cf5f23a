import { EventBusSrv, type DataSourceInstanceSettings, type ScopedVars } from '@grafana/data';
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
  type TemplateSrv,
} from '@grafana/runtime';
import { from, lastValueFrom, type Observable } from 'rxjs';

/** Grafana's HTTP API, asked for real; the server of this page answers. */
async function send<T>(request: BackendSrvRequest): Promise<FetchResponse<T>> {
  const url = new URL(request.url, location.origin);
  for (const [key, value] of Object.entries(request.params ?? {})) {
    url.searchParams.set(key, String(value));
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

const templateSrv = {
  getVariables: () => [],
  replace: (text?: string, scoped?: ScopedVars) =>
    (text ?? '').replace(/\$(\w+)|\$\{(\w+)\}/g, (whole, a, b) => String(scoped?.[a ?? b]?.value ?? whole)),
  containsTemplate: () => false,
  updateTimeRange: () => {},
} as unknown as TemplateSrv;

export function startServices(settings: DataSourceInstanceSettings): BackendSrv {
  setBackendSrv(backendSrv);
  setTemplateSrv(templateSrv);
  setAppEvents(new EventBusSrv());
  setEchoSrv(new FakeEchoSrv());
  setPluginLinksHook(() => ({ links: [], isLoading: false }));
  setPluginComponentsHook(() => ({ components: [], isLoading: false }));
  setPluginComponentHook(() => ({ component: null, isLoading: false }));
  setPluginFunctionsHook(() => ({ functions: [], isLoading: false }));
  setDataSourceSrv({
    getList: () => [settings],
    getInstanceSettings: () => settings,
    get: async () => {
      throw new Error('this page has one data source');
    },
    reload: () => {},
  } as unknown as DataSourceSrv);
  return backendSrv;
}
