import { type QueryEditorProps } from '@grafana/data';
import { PromQueryEditorByApp } from '@grafana/prometheus';
import React from 'react';

import { type AmpDataSource } from '../../datasource';
import { type AmpOptions, type AmpQuery } from '../../types';
import { LookupFailure } from '../Lookups/LookupFailure';
import { QueryCost } from './QueryCost';
import { withoutExemplars } from './withoutExemplars';

withoutExemplars();

type Props = QueryEditorProps<AmpDataSource, AmpQuery, AmpOptions>;

/** Grafana's own Prometheus editor, with the cause of an empty list and the cost of the query. */
export function QueryEditor(props: Props) {
  return (
    <>
      <LookupFailure datasource={props.datasource}>
        <PromQueryEditorByApp {...props} />
      </LookupFailure>
      <QueryCost data={props.data} refId={props.query.refId} />
    </>
  );
}
