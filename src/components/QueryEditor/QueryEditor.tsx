import { CoreApp, type QueryEditorProps } from '@grafana/data';
import { PromQueryEditorByApp } from '@grafana/prometheus';
import React, { useEffect } from 'react';

import { type AmpDataSource } from '../../datasource';
import { type AmpOptions, type AmpQuery } from '../../types';
import { LookupFailure } from '../Lookups/LookupFailure';
import { QueryCost } from './QueryCost';
import { withoutExemplars } from './withoutExemplars';

withoutExemplars();

type Props = QueryEditorProps<AmpDataSource, AmpQuery, AmpOptions>;

/** Grafana's own Prometheus editor, with the cause of an empty list and the cost of the query. */
export function QueryEditor(props: Props) {
  useInstantInAlertRules(props);
  return (
    <>
      <LookupFailure datasource={props.datasource}>
        <PromQueryEditorByApp {...props} />
      </LookupFailure>
      <QueryCost data={props.data} refId={props.query.refId} />
    </>
  );
}

/**
 * A new query of an alert rule is instant. Grafana's form starts it with `instant: undefined` for every type but its own
 * two, which wins over the data source's default query, and would be saved as a range query.
 */
function useInstantInAlertRules({ app, query, onChange }: Props) {
  useEffect(() => {
    if (app === CoreApp.UnifiedAlerting && query.instant === undefined && !query.range) {
      onChange({ ...query, instant: true, range: false });
    }
  }, [app, query, onChange]);
}
