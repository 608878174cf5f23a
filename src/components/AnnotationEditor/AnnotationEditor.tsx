import { AnnotationQueryEditor } from '@grafana/prometheus';
import React, { type ComponentProps } from 'react';

import { type AmpDataSource } from '../../datasource';
import { LookupFailure } from '../Lookups/LookupFailure';

type Props = ComponentProps<typeof AnnotationQueryEditor>;

/** Grafana's own editor of Prometheus annotations, with the cause of an empty list. */
export function AnnotationEditor(props: Props) {
  return (
    <LookupFailure datasource={props.datasource as unknown as AmpDataSource}>
      <AnnotationQueryEditor {...props} />
    </LookupFailure>
  );
}
