import { Alert, Stack } from '@grafana/ui';
import React from 'react';

import { type Problem } from '../../settings/checks';

/** What can be told wrong as it is typed, under the fields it is about. */
export function Problems({ label, problems }: { label: string; problems: Problem[] }) {
  return (
    <div role="status" aria-label={label}>
      <Stack direction="column" gap={1}>
        {problems.map(({ severity, text }) => (
          <Alert key={text} severity={severity} title={text[0].toUpperCase() + text.slice(1)} bottomSpacing={0} />
        ))}
      </Stack>
    </div>
  );
}
