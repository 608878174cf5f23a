import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { source } from './fixtures';
import { root } from './programs';

// What pkg/migrate/testdata holds, and what a Grafana has to show of it.

const [prometheus, amazon] = ['prometheus', 'grafana-amazonprometheus-datasource'];

/** The data sources of testdata/in/datasources, and those that its dashboards know from elsewhere. */
export const sources = [
  { uid: 'amp-shop', name: 'Shop', type: prometheus, moves: true },
  { uid: 'amp-slow', name: 'Shop, slow', type: prometheus, moves: true, jsonData: { timeInterval: '5m' } },
  { uid: 'P632E1C5839411A10', name: 'Payments', type: amazon, moves: true },
  { uid: 'central', name: 'Central', type: amazon, moves: true },
  { uid: 'elsewhere', name: 'Elsewhere', type: amazon, moves: true },
  { uid: 'local', name: 'Kubernetes', type: prometheus, moves: false },
  { uid: 'nobody-knows', name: 'Nobody knows', type: prometheus, moves: false },
  { uid: 'wrong', name: 'Wrong region', type: prometheus, moves: false }, // no panel asks it anything
];
export const moving = sources.filter((s) => s.moves).map((s) => s.uid);

const paths = ['/popular/category', '/popular/product', '/user/product'];
const instances = ['ip-10-0-1-23:9100', 'ip-10-0-2-41:9100', 'ip-10-0-3-7:9100'];
const restarts = 'resets(http_requests_total{instance="recommender-1:8080"}[1m]) > 0';
const all = 'sum(rate(http_requests_total[5m]))';

export interface Dashboard {
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

export const dashboards: Dashboard[] = [
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

const folderOf = (from: 'in' | 'out') => resolve(root, 'pkg/migrate/testdata', from, 'dashboards');

export const files = (): string[] => readdirSync(folderOf('in')).sort();

export function textOf({ file }: Dashboard, from: 'in' | 'out'): string {
  return readFileSync(resolve(folderOf(from), file), 'utf8');
}
