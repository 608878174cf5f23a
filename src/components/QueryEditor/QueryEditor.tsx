import { type QueryEditorProps } from '@grafana/data';
import { PromQueryEditorByApp } from '@grafana/prometheus';
import React from 'react';

import { type AmpDataSource } from '../../datasource';
import { type AmpOptions, type AmpQuery } from '../../types';
import { LookupFailure } from './LookupFailure';
import { QueryCost } from './QueryCost';
import { withoutExemplars } from './withoutExemplars';

withoutExemplars();

type Props = QueryEditorProps<AmpDataSource, AmpQuery, AmpOptions>;

/** Grafana's own Prometheus editor, with the cause of an empty list and the cost of the query below it. */
export function QueryEditor(props: Props) {
  return (
    <>
      <PromQueryEditorByApp {...props} />
      <LookupFailure datasource={props.datasource} />
      <QueryCost data={props.data} refId={props.query.refId} />
    </>
  );
}
