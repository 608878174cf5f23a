import { Alert } from '@grafana/ui';
import React, { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

import { type AmpDataSource } from '../../datasource';
import { type Failure } from '../../lookups';

const LastFailure = createContext<Failure | undefined>(undefined);

/** Why the lists of metrics, labels and values are empty; undefined while the last look-up succeeded. */
export const useLookupFailure = () => useContext(LastFailure);

interface Props {
  datasource: AmpDataSource;
  children: ReactNode;
}

/** Tells the lists of an editor why they are empty, and says it below the editor, where it can be copied. */
export function LookupFailure({ datasource, children }: Props) {
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    const subscription = datasource.lookupError.subscribe(setFailure);
    return () => subscription.unsubscribe();
  }, [datasource]);
  return (
    <LastFailure.Provider value={failure}>
      {children}
      {failure && (
        <Alert severity="warning" title="Metrics and labels can't be listed" topSpacing={1} bottomSpacing={0}>
          {failure.cause}
        </Alert>
      )}
    </LastFailure.Provider>
  );
}
