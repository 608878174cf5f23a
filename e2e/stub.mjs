// Answers of Grafana's HTTP API for one data source, kept in memory.

const workspace = 'ws-12345678-90ab-cdef-1234-567890abcdef';

const fresh = () => ({
  id: 1,
  uid: 'amp',
  orgId: 1,
  name: 'AMP',
  type: 'grafana-ampkitprometheus-datasource',
  access: 'proxy',
  url: `https://aps-workspaces.us-east-1.amazonaws.com/workspaces/${workspace}/`,
  basicAuth: false,
  withCredentials: false,
  isDefault: true,
  readOnly: false,
  jsonData: { sigV4Region: 'us-east-1', queryStatsEnabled: true, defaultEditor: 'code' },
  secureJsonFields: {},
});

let stored = fresh();

const metrics = ['http_requests_total', 'node_network_transmit_bytes_total', 'up'];
const labels = { __name__: metrics, exported_job: ['recommender'], path: ['/', '/user', '/user/product'] };

/** Grafana keeps secrets and says only that they are there. */
function save(sent) {
  const secrets = Object.entries(sent.secureJsonData ?? {}).map(([key, value]) => [key, value !== '']);
  stored = { ...sent, secureJsonFields: { ...sent.secureJsonFields, ...Object.fromEntries(secrets) } };
  delete stored.secureJsonData;
  return stored;
}

function series(refId) {
  const now = Date.now();
  const times = Array.from({ length: 20 }, (_, i) => now - (19 - i) * 15_000);
  return labels.path.map((path, i) => ({
    schema: {
      refId,
      meta: {
        type: 'timeseries-multi',
        typeVersion: [0, 1],
        custom: { resultType: 'matrix' },
        ...(i === 0 && {
          executedQueryString: 'Expr: stub\nStep: 15s',
          stats: [{ displayName: 'Total queryable samples', value: 1_234_567 }],
        }),
      },
      fields: [
        { name: 'Time', type: 'time', config: { interval: 15_000 } },
        { name: 'Value', type: 'number', labels: { path }, config: { displayNameFromDS: `{path="${path}"}` } },
      ],
    },
    data: { values: [times, times.map((_, n) => 10 * (i + 1) + Math.sin(n))] },
  }));
}

const success = (data) => ({ data: { status: 'success', data } });

function resource(path) {
  const values = /^api\/v1\/label\/([^/]+)\/values$/.exec(path);
  if (values) {
    return success(labels[values[1]] ?? []);
  }
  switch (path) {
    case 'api/v1/labels':
      return success(Object.keys(labels));
    case 'api/v1/series':
      return success(metrics.map((__name__) => ({ __name__, exported_job: 'recommender' })));
    case 'api/v1/metadata':
      return success(Object.fromEntries(metrics.map((m) => [m, [{ type: 'counter', help: `The metric ${m}.` }]])));
    case 'api/v1/rules':
      return success({ groups: [] });
    default:
      // Exemplars, build information: AMP has none, so nobody may ask.
      return { status: 404, data: { message: `there is no resource "${path}"` } };
  }
}

export function answer(method, path, params, body) {
  const resources = '/api/datasources/uid/amp/resources/';
  if (path.startsWith(resources)) {
    return resource(path.slice(resources.length));
  }
  switch (`${method} ${path}`) {
    case 'POST /api/reset':
      return { data: (stored = { ...fresh(), ...JSON.parse(body || '{}') }) };
    case 'GET /api/datasources/uid/amp':
      return { data: stored };
    case 'PUT /api/datasources/uid/amp':
      return { data: { datasource: save(JSON.parse(body)) } };
    case 'GET /api/datasources/uid/amp/health':
      return { data: { status: 'OK', message: `Workspace ${workspace} in us-east-1 answers.` } };
    case 'POST /api/ds/query': {
      const { queries } = JSON.parse(body);
      return {
        data: {
          results: Object.fromEntries(queries.map(({ refId }) => [refId, { status: 200, frames: series(refId) }])),
        },
      };
    }
    default:
      return { status: 404, data: { message: `${method} ${path} is not answered here` } };
  }
}
