import {
  type AbstractQuery,
  type DataFrame,
  type DataSourceApi,
  hasQueryExportSupport,
  type QueryHint,
} from '@grafana/data';
import { PrometheusDatasource } from '@grafana/prometheus';
import { type BackendSrvRequest, type HealthCheckResult } from '@grafana/runtime';
import { type DataQuery, type DataSourceRef } from '@grafana/schema';
import { BehaviorSubject } from 'rxjs';

import { AnnotationEditor } from './components/AnnotationEditor/AnnotationEditor';
import { newVariableSupport } from './components/VariableEditor/support';
import { tellHealth } from './health';
import { aloud, type Failure, failureOf, isCancelled, isList, quietly } from './lookups';
import { typedOptions } from './settings/read';
import { type AmpQuery, type AmpSettings } from './types';

/** The data sources whose queries are ours already: Grafana's rule for what counts as Prometheus. */
const prometheusTypes = /^(prometheus|grafana-[0-9a-z]+prometheus-datasource)$/;

const importAbstract = takeOff('importFromAbstractQueries');

/**
 * The Prometheus data source of Grafana's library, for AMP: everything goes through the back end, and nothing is
 * asked that AMP does not have.
 */
export class AmpDataSource extends PrometheusDatasource {
  /** Why the last look-up of metrics, labels or values failed; undefined once one succeeds. */
  readonly lookupError = new BehaviorSubject<Failure | undefined>(undefined);

  private rulesAsked = false;
  private readonly storedType: string;
  /** This data source for those who would take a failure for an empty list. */
  private readonly aloud: PrometheusDatasource;

  constructor(instanceSettings: AmpSettings) {
    super({ ...instanceSettings, access: 'proxy', jsonData: typedOptions(instanceSettings.jsonData) });
    this.storedType = instanceSettings.type;
    this.exemplarsAvailable = false;
    // The library's own asks for exemplars with query=test and for the rules as soon as a page loads.
    this.init = async () => {};
    quietly(this);
    this.aloud = aloud(this);
    this.variables = newVariableSupport(this.aloud);
    this.annotations = { ...this.annotations, QueryEditor: AnnotationEditor };
  }

  /** As Grafana writes it into queries. The library's `type` is prometheus, whatever the data source. */
  getRef(): DataSourceRef {
    return { ...super.getRef(), type: this.storedType };
  }

  shouldRunExemplarQuery(): boolean {
    return false;
  }

  /** Also fetches the recording rules, once a query may name one, for the hint that offers to expand them. */
  getQueryHints(query: AmpQuery, result: unknown[]): QueryHint[] {
    if (!this.rulesAsked && !this.disableRecordingRules && mayNameRule(query.expr)) {
      this.rulesAsked = true;
      void this.fetchRules();
    }
    return super.getQueryHints(query, result as DataFrame[]);
  }

  /** A refused list is an empty one: reading rules is not needed for queries. */
  private async fetchRules(): Promise<void> {
    try {
      const { data } = await super.metadataRequest('/api/v1/rules', {}, { showErrorAlert: false });
      this.ruleMappings = recordingRules(data?.data?.groups ?? []);
    } catch {
      this.ruleMappings = {};
    }
  }

  /** Grafana's page shows the verdict; the settings page of this plugin shows the report. */
  async callHealthCheck(): Promise<HealthCheckResult> {
    tellHealth(this.uid, undefined);
    const { details, ...verdict } = await super.callHealthCheck();
    tellHealth(this.uid, details);
    return { ...verdict, details: undefined };
  }

  /** Remembers why a list could not be had, and leaves it to the lists to say so instead of a notice in the corner. */
  async metadataRequest(url: string, params = {}, options?: Partial<BackendSrvRequest>) {
    const tell = isList(url) ? (failure?: Failure) => this.lookupError.next(failure) : () => {};
    try {
      const response = await super.metadataRequest(url, params, { showErrorAlert: false, ...options });
      tell(undefined);
      return response;
    } catch (error) {
      if (!isCancelled(error)) {
        tell(failureOf(error));
      }
      throw error;
    }
  }

  /** A variable whose look-up fails is an error, not a variable without values. */
  metricFindQuery(...args: Parameters<PrometheusDatasource['metricFindQuery']>) {
    return super.metricFindQuery.apply(this.aloud, args);
  }

  /** The same for the lists of ad-hoc filters. */
  getTagKeys(...args: Parameters<PrometheusDatasource['getTagKeys']>) {
    return super.getTagKeys.apply(this.aloud, args);
  }

  getTagValues(...args: Parameters<PrometheusDatasource['getTagValues']>) {
    return super.getTagValues.apply(this.aloud, args);
  }

  /** Keeps the whole query when a panel comes from another data source that speaks PromQL. */
  async importQueries(queries: DataQuery[], origin: DataSourceApi): Promise<AmpQuery[]> {
    if (prometheusTypes.test(origin.meta?.id ?? origin.type)) {
      return queries.map(({ datasource, ...query }) => ({ ...query, exemplar: false }) as AmpQuery);
    }
    if (hasQueryExportSupport(origin)) {
      return importAbstract.call(this, await origin.exportToAbstractQueries(queries));
    }
    return [];
  }
}

/**
 * Takes a method off the library's prototype and returns it. Where a data source has importFromAbstractQueries at all,
 * Grafana uses it instead of importQueries, and abstract queries know label matchers only: `sum(rate(x[5m])) by (y)`
 * would come over as `x`. The library's class is bundled with this plugin, so no other data source loses anything.
 */
function takeOff(name: 'importFromAbstractQueries'): (abstract: AbstractQuery[]) => Promise<AmpQuery[]> {
  const prototype: Partial<PrometheusDatasource> = PrometheusDatasource.prototype;
  const method = PrometheusDatasource.prototype[name];
  delete prototype[name];
  return method;
}

/** Prometheus keeps colons in the names of metrics for recording rules. Strings and durations have colons, too. */
function mayNameRule(expr = ''): boolean {
  const withoutStrings = expr.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`/g, '');
  return /(?<![\w$:])[a-zA-Z_]\w*:\w/.test(withoutStrings);
}

interface Rule {
  type: string;
  name: string;
  query: string;
  labels?: Record<string, string>;
}

function recordingRules(groups: Array<{ rules?: Rule[] }>): PrometheusDatasource['ruleMappings'] {
  const out: PrometheusDatasource['ruleMappings'] = {};
  for (const rule of groups.flatMap((g) => g.rules ?? [])) {
    if (rule.type === 'recording') {
      (out[rule.name] ??= []).push({ query: rule.query, labels: rule.labels });
    }
  }
  return out;
}
