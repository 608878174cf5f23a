import { type PrometheusDatasource, PrometheusVariableSupport } from '@grafana/prometheus';

import { VariableEditor } from './VariableEditor';

/** Variables of every kind that the Prometheus data source has, with our editor around its own. */
export function newVariableSupport(datasource: PrometheusDatasource) {
  const support = new PrometheusVariableSupport(datasource);
  support.editor = VariableEditor;
  return support;
}
