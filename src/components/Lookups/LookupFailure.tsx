import { Alert } from '@grafana/ui';
import React, { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';

import { type AmpDataSource } from '../../datasource';
import { type Failure } from '../../lookups';

const LastFailure = createContext<Failure | undefined>(undefined);
const LastLookup = createContext<() => Failure | undefined>(() => undefined);

/** Why the lists of metrics, labels and values are empty; undefined while the last look-up succeeded. */
export const useLookupFailure = () => useContext(LastFailure);

/** The same for those who have just waited for a look-up, and can't wait for the next drawing. */
export const useLastLookup = () => useContext(LastLookup);

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
  const lastLookup = useCallback(() => datasource.lookupError.value, [datasource]);
  return (
    <LastFailure.Provider value={failure}>
      <LastLookup.Provider value={lastLookup}>{children}</LastLookup.Provider>
      {failure && (
        <Alert severity="warning" title="Metrics and labels can't be listed" topSpacing={1} bottomSpacing={0}>
          {failure.cause}
        </Alert>
      )}
    </LastFailure.Provider>
  );
}
