import { Alert } from '@grafana/ui';
import React, { useEffect, useState } from 'react';

import { type AmpDataSource } from '../../datasource';

/** Why the lists of metrics and labels are empty, where the lists would be. */
export function LookupFailure({ datasource }: { datasource: AmpDataSource }) {
  const [cause, setCause] = useState<string>();
  useEffect(() => {
    const subscription = datasource.lookupError.subscribe(setCause);
    return () => subscription.unsubscribe();
  }, [datasource]);
  if (!cause) {
    return null;
  }
  return (
    <Alert severity="warning" title="Metrics and labels can't be listed" topSpacing={1} bottomSpacing={0}>
      {cause}
    </Alert>
  );
}
