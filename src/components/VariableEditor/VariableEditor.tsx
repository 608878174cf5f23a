import { PrometheusDatasource, PromVariableQueryEditor } from '@grafana/prometheus';
import React, { type ComponentProps, useMemo } from 'react';

import { type AmpDataSource } from '../../datasource';
import { LookupFailure } from '../Lookups/LookupFailure';

type Props = ComponentProps<typeof PromVariableQueryEditor>;

/** Grafana's own editor of Prometheus variables, with the cause of an empty list. */
export function VariableEditor(props: Props) {
  const datasource = props.datasource as unknown as AmpDataSource;
  // The library's editor has nothing for a list of labels that fails; that of its own data source never does.
  const quiet = useMemo<Props['datasource']>(
    () => Object.create(datasource, { getTagKeys: { value: PrometheusDatasource.prototype.getTagKeys } }),
    [datasource]
  );
  return (
    <LookupFailure datasource={datasource}>
      <PromVariableQueryEditor {...props} datasource={quiet} />
    </LookupFailure>
  );
}
