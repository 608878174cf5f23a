import { LoadingPlaceholder } from '@grafana/ui';
import React, { lazy, Suspense } from 'react';

import { type EditorProps } from './props';

const Lazy = lazy(() => import('./ConfigEditor'));

/** Loaded when somebody opens the settings: dashboards never need it. */
export function ConfigEditor(props: EditorProps) {
  return (
    <Suspense fallback={<LoadingPlaceholder text="Loading settings" />}>
      <Lazy {...props} />
    </Suspense>
  );
}
