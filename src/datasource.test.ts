import { CoreApp, type DataSourceApi, dateTime, hasQueryImportSupport } from '@grafana/data';
import { type PrometheusVariableSupport } from '@grafana/prometheus';
import {
  type BackendSrv,
  type BackendSrvRequest,
  setBackendSrv,
  setTemplateSrv,
  type TemplateSrv,
} from '@grafana/runtime';
import { type DataQuery } from '@grafana/schema';
import { lastValueFrom, of, throwError } from 'rxjs';

import { AmpDataSource } from './datasource';
import pluginJson from './plugin.json';
import { type AmpOptions, type AmpQuery, type AmpSettings } from './types';

const range = { from: dateTime(0), to: dateTime(3_600_000), raw: { from: 'now-1h', to: 'now' } };
const query: AmpQuery = { refId: 'A', expr: 'sum(rate(http_requests_total[5m])) by (path)' };

let requests: BackendSrvRequest[];
let answer: (request: BackendSrvRequest) => unknown;

beforeEach(() => {
  requests = [];
  answer = () => ({ status: 'success', data: [] });
  setTemplateSrv({
    replace: (text?: string) => text ?? '',
    getVariables: () => [],
    containsTemplate: () => false,
    updateTimeRange: () => {},
  } as unknown as TemplateSrv);
  setBackendSrv({
    fetch: (request: BackendSrvRequest) => {
      requests.push(request);
      try {
        return of({ data: answer(request) });
      } catch (error) {
        return throwError(() => error);
      }
    },
  } as unknown as BackendSrv);
});

function newDataSource(jsonData: AmpOptions = {}): AmpDataSource {
  return new AmpDataSource({
    uid: 'amp',
    type: 'grafana-ampkitprometheus-datasource',
    name: 'AMP',
    url: 'https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1/',
    access: 'direct',
    jsonData,
  } as AmpSettings);
}

const paths = () => requests.map((r) => r.url.replace(/^.*\/resources\//, ''));

describe('what is asked of the service', () => {
  it('sends nothing at load: no exemplars, no build information, no rules', async () => {
    const ds = newDataSource();
    await ds.init();
    expect(requests).toEqual([]);
  });

  it('looks up only what AMP has, through the back end', async () => {
    const ds = newDataSource();
    await ds.init();
    await ds.languageProvider.start(range);
    await ds.getTagKeys({ filters: [], timeRange: range });
    await ds.getTagValues({ key: 'job', filters: [], timeRange: range });
    await ds.metricFindQuery('label_values(up, job)', { range });
    expect(paths().length).toBeGreaterThan(3);
    for (const path of paths()) {
      expect(path).toMatch(/^api\/v1\/(labels|label\/\w+\/values|metadata|series)$/);
    }
    for (const { url } of requests) {
      expect(url).toMatch(/^\/api\/datasources\/uid\/amp\/resources\//);
    }
  });

  it('never runs an exemplar query, not even one that a dashboard asks for', () => {
    const ds = newDataSource();
    const request = { range, targets: [], timezone: 'utc' } as unknown as Parameters<typeof ds.processTargetV2>[1];
    const targets = ds.processTargetV2({ ...query, range: true, exemplar: true }, request);
    expect(targets).toEqual([expect.objectContaining({ expr: query.expr, exemplar: false })]);
  });
});

describe('recording rules', () => {
  const rules = {
    data: {
      groups: [
        {
          rules: [
            { type: 'recording', name: 'job:up:sum', query: 'sum(up) by (job)' },
            { type: 'alerting', name: 'Down' },
          ],
        },
      ],
    },
  };
  const hinted: AmpQuery = { refId: 'A', expr: 'job:up:sum' };

  it.each([
    '',
    'sum(rate(http_requests_total{instance="a:9100"}[5m])) by (job)',
    'max_over_time(up[$__range:1m]) or max_over_time(up[5m:1m])',
    "up{instance=~'a:.*', path=`b:c`}",
  ])('are not asked for by a query that can name none: %s', (expr) => {
    const ds = newDataSource();
    ds.getQueryHints({ refId: 'A', expr }, []);
    expect(requests).toEqual([]);
  });

  it('are fetched once, when a query may name one', async () => {
    answer = () => rules;
    const ds = newDataSource();
    ds.getQueryHints(hinted, []);
    ds.getQueryHints(hinted, []);
    await new Promise(process.nextTick);
    expect(paths()).toEqual(['api/v1/rules']);
    expect(requests[0].showErrorAlert).toBe(false);
    expect(ds.getQueryHints(hinted, []).map((h) => h.type)).toContain('EXPAND_RULES');
  });

  it('are an empty list when refused, without a word in the console', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    answer = () => {
      throw { status: 403, data: { message: 'not authorized to perform: aps:ListRules' } };
    };
    const ds = newDataSource();
    ds.getQueryHints(hinted, []);
    await new Promise(process.nextTick);
    expect(ds.ruleMappings).toEqual({});
    expect(ds.lookupError.value).toBeUndefined();
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });

  it.each([true, 'true'])('are not fetched with disableRecordingRules: %p', (disableRecordingRules) => {
    const ds = newDataSource({ disableRecordingRules } as AmpOptions);
    ds.getQueryHints(hinted, []);
    expect(requests).toEqual([]);
  });
});

describe('a failed look-up', () => {
  const cause = 'grant aps:GetLabels on arn:aws:aps:…';
  const refuse = () => {
    answer = () => {
      throw { status: 403, statusText: 'Forbidden', data: { message: cause, remedy: 'grant it', requestId: '0a1b' } };
    };
  };

  it('keeps its cause until one succeeds, and is told once', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    const ds = newDataSource();
    refuse();
    expect(await ds.languageProvider.queryLabelKeys(range)).toEqual([]);
    expect(await ds.languageProvider.queryLabelValues(range, 'job')).toEqual([]);
    expect(ds.lookupError.value).toEqual({ cause, remedy: 'Grant it (request id 0a1b).' });
    expect(log).not.toHaveBeenCalled();
    expect(requests.map((r) => r.showErrorAlert)).toEqual([false, false]);

    answer = () => ({ status: 'success', data: ['job'] });
    expect(await ds.languageProvider.queryLabelKeys(range)).toEqual(['job']);
    expect(ds.lookupError.value).toBeUndefined();
    log.mockRestore();
  });

  it('of descriptions takes no list away', async () => {
    const ds = newDataSource();
    refuse();
    await ds.languageProvider.queryMetricsMetadata();
    expect(ds.lookupError.value).toBeUndefined();
  });

  it.each([
    'label_names()',
    'label_names(up)',
    'label_values(job)',
    'label_values(up, job)',
    'metrics(up)',
    'query_result(up)',
    'up{job="api"}',
  ])('is an error for a variable: %s', async (query) => {
    const ds = newDataSource();
    refuse();
    await expect(ds.metricFindQuery(query, { range })).rejects.toEqual(new Error(cause));
    const request = { targets: [{ query }], range } as unknown as Parameters<PrometheusVariableSupport['query']>[0];
    const answered = lastValueFrom((ds.variables as PrometheusVariableSupport).query(request));
    await expect(answered).rejects.toEqual(new Error(cause));
  });

  it('is an error for the lists of an ad-hoc filter', async () => {
    const ds = newDataSource();
    refuse();
    await expect(ds.getTagKeys({ filters: [], timeRange: range })).rejects.toThrow(cause);
    await expect(ds.getTagValues({ key: 'job', filters: [], timeRange: range })).rejects.toThrow(cause);
  });
});

describe('queries of other data sources', () => {
  /* eslint-disable @typescript-eslint/no-deprecated -- importQueries is what keeps a whole query; its successor can't */
  const from = (id: string, more = {}) => ({ meta: { id }, type: id, ...more }) as unknown as DataSourceApi;
  const theirs = {
    ...query,
    legendFormat: '{{path}}',
    exemplar: true,
    datasource: { uid: 'other', type: 'prometheus' },
  };

  it.each(['prometheus', 'grafana-amazonprometheus-datasource', 'grafana-ampkitprometheus-datasource'])(
    'keep everything when they come from %s',
    async (id) => {
      const got = await newDataSource().importQueries([theirs], from(id));
      expect(got).toEqual([{ ...query, legendFormat: '{{path}}', exemplar: false }]);
    }
  );

  // Grafana asks importQueries only of a data source that can't import abstract queries.
  it('are imported whole, not as abstract queries', () => {
    expect(hasQueryImportSupport(newDataSource())).toBe(false);
  });

  it('keep their label matchers when they come from Loki', async () => {
    const exportToAbstractQueries = async (queries: DataQuery[]) =>
      queries.map(({ refId }) => ({ refId, labelMatchers: [{ name: 'job', operator: 'Equal', value: 'api' }] }));
    const got = await newDataSource().importQueries([{ refId: 'A' }], from('loki', { exportToAbstractQueries }));
    expect(got).toEqual([expect.objectContaining({ refId: 'A', expr: '{job="api"}' })]);
  });

  it('are dropped when nothing is known of their language', async () => {
    expect(await newDataSource().importQueries([{ refId: 'A' }], from('mysql'))).toEqual([]);
  });
});

/* eslint-enable @typescript-eslint/no-deprecated */

it('has the ad-hoc filters of several values that it is offered with', () => {
  expect(pluginJson.multiValueFilterOperators).toBe(true); // Grafana offers "One of" where this says so
  const filters = [{ key: 'path', operator: '=|', value: '/user', values: ['/user', '/product'] }];
  expect(newDataSource().applyTemplateVariables(query, {}, filters).expr).toContain('path=~"/user|/product"');
});

it('goes into queries by its own type', () => {
  expect(newDataSource().getRef()).toEqual({ type: 'grafana-ampkitprometheus-datasource', uid: 'amp' });
});

it('makes a new alert query an instant one', () => {
  expect(newDataSource().getDefaultQuery(CoreApp.UnifiedAlerting)).toMatchObject({ instant: true, range: false });
});
