import { Alert } from '@grafana/ui';
import React, { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

import { type AmpDataSource } from '../../datasource';

const Cause = createContext<string | undefined>(undefined);

/** Why the lists of metrics, labels and values are empty; undefined while the last look-up succeeded. */
export const useLookupFailure = () => useContext(Cause);

interface Props {
  datasource: AmpDataSource;
  children: ReactNode;
}

/** Tells the lists of an editor why they are empty, and says it below the editor, where it can be copied. */
export function LookupFailure({ datasource, children }: Props) {
  const [cause, setCause] = useState<string>();
  useEffect(() => {
    const subscription = datasource.lookupError.subscribe(setCause);
    return () => subscription.unsubscribe();
  }, [datasource]);
  return (
    <Cause.Provider value={cause}>
      {children}
      {cause && (
        <Alert severity="warning" title="Metrics and labels can't be listed" topSpacing={1} bottomSpacing={0}>
          {cause}
        </Alert>
      )}
    </Cause.Provider>
  );
}
