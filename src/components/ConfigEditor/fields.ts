import { type AmpOptions } from '../../types';

type Key = keyof AmpOptions & string;

interface Common {
  key: Key;
  label: string;
  help: string;
  /** Left out while another setting makes it meaningless. */
  when?: Key;
}

export type SettingSpec = Common &
  (
    | { kind: 'switch'; absent?: boolean }
    | { kind: 'text' | 'duration'; placeholder: string }
    | { kind: 'count'; placeholder: string }
    | { kind: 'select'; absent: string; choices: Array<{ value: string; label: string; description?: string }> }
  );

export interface SettingGroup {
  title: string;
  description?: string;
  settings: SettingSpec[];
}

/** The groups and names that users know from Grafana's Prometheus data source. */
export const groups: SettingGroup[] = [
  {
    title: 'Query cost',
    description: 'AMP charges for every sample that a query processes. These are sent with queries only.',
    settings: [
      {
        key: 'queryStatsEnabled',
        label: 'Query statistics',
        help: 'Shows the samples that each query processed, and what they cost, below the editor and in the query inspector.',
        kind: 'switch',
      },
      {
        key: 'maxSamplesProcessedWarningThreshold',
        label: 'Query warning threshold',
        help: 'A query that processes more samples than this gets a warning.',
        kind: 'count',
        placeholder: '100000000',
      },
      {
        key: 'maxSamplesProcessedErrorThreshold',
        label: 'Query error threshold',
        help: 'A query that would process more samples than this is refused, and not charged.',
        kind: 'count',
        placeholder: '200000000',
      },
    ],
  },
  {
    title: 'Interval behaviour',
    settings: [
      {
        key: 'timeInterval',
        label: 'Scrape interval',
        help: 'How often your collectors scrape. The smallest step of a query, and the base of $__rate_interval.',
        kind: 'duration',
        placeholder: '15s',
      },
      {
        key: 'queryTimeout',
        label: 'Query timeout',
        help: 'How long the service may work on a query. AMP itself stops after one minute.',
        kind: 'duration',
        placeholder: '60s',
      },
      {
        key: 'timeout',
        label: 'HTTP timeout',
        help: 'How long Grafana waits for an answer. A number alone counts as seconds.',
        kind: 'duration',
        placeholder: '30s',
      },
    ],
  },
  {
    title: 'Query editor',
    settings: [
      {
        key: 'defaultEditor',
        label: 'Default editor',
        help: 'What a new query opens with, for all users of this data source.',
        kind: 'select',
        absent: 'builder',
        choices: [
          { value: 'builder', label: 'Builder' },
          { value: 'code', label: 'Code' },
        ],
      },
      {
        key: 'disableMetricsLookup',
        label: 'Disable metrics lookup',
        help: 'No metrics chooser and no completion of metrics and labels. Helps with very large workspaces.',
        kind: 'switch',
      },
    ],
  },
  {
    title: 'Performance',
    settings: [
      {
        key: 'cacheLevel',
        label: 'Cache level',
        help: 'For how long the browser keeps lists of metrics and labels.',
        kind: 'select',
        absent: 'Low',
        choices: ['Low', 'Medium', 'High', 'None'].map((value) => ({ value, label: value })),
      },
      {
        key: 'incrementalQuerying',
        label: 'Incremental querying',
        help: 'A dashboard that refreshes asks only for what is new, and so costs less. Beta in Grafana.',
        kind: 'switch',
      },
      {
        key: 'incrementalQueryOverlapWindow',
        label: 'Query overlap window',
        help: 'How much of what is already there is asked for again, for samples that arrive late.',
        kind: 'duration',
        placeholder: '10m',
        when: 'incrementalQuerying',
      },
      {
        key: 'disableRecordingRules',
        label: 'Disable recording rules',
        help: 'The editor does not read the rules and so does not offer to expand them.',
        kind: 'switch',
      },
    ],
  },
  {
    title: 'Alerting',
    description:
      "Grafana's own alert rules work without these. Today it honours them for its built-in Prometheus type only.",
    settings: [
      {
        key: 'manageAlerts',
        label: 'Manage alerts via Alerting UI',
        help: "Lists the rules that are kept in AMP among Grafana's.",
        kind: 'switch',
      },
      {
        key: 'allowAsRecordingRulesTarget',
        label: 'Allow as recording rules target',
        help: "Offers this data source where the result of Grafana's recording rules is written to.",
        kind: 'switch',
      },
    ],
  },
  {
    title: 'Other',
    settings: [
      {
        key: 'httpMethod',
        label: 'HTTP method',
        help: 'POST allows longer queries.',
        kind: 'select',
        absent: 'POST',
        choices: ['POST', 'GET'].map((value) => ({ value, label: value })),
      },
      {
        key: 'customQueryParameters',
        label: 'Custom query parameters',
        help: 'Added to every request, written as in a URL.',
        kind: 'text',
        placeholder: 'max_source_resolution=5m&timeout=30s',
      },
      {
        key: 'seriesLimit',
        label: 'Series limit',
        help: 'The most metrics, labels or values that a list holds; 0 for no limit.',
        kind: 'count',
        placeholder: '40000',
      },
      {
        key: 'seriesEndpoint',
        label: 'Use series endpoint',
        help: 'Lists label values through series instead of label values. Slower, and needs aps:GetSeries.',
        kind: 'switch',
      },
      {
        key: 'sigv4Service',
        label: 'Signing service',
        help: 'The name that requests are signed for. Another than aps is needed only for services beside AMP, such as monitoring.',
        kind: 'text',
        placeholder: 'aps',
      },
      {
        key: 'sigV4Auth',
        label: 'Sign requests (SigV4)',
        help: 'Switch off only for a plain Prometheus-compatible server: AMP refuses requests that are not signed.',
        kind: 'switch',
        absent: true,
      },
    ],
  },
];
