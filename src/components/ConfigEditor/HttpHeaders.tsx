import { ConfigSubSection } from '@grafana/plugin-ui';
import { Button, IconButton, Input, SecretInput, Stack } from '@grafana/ui';
import React from 'react';

import { addHeader, changeHeader, readHeaders, removeHeader, resetHeader } from '../../settings/headers';
import { type EditorProps } from './props';

/** Headers for every request, such as a proxy in between asks for. */
export function HttpHeaders({ options, onOptionsChange }: EditorProps) {
  const readOnly = Boolean(options.readOnly);
  return (
    <ConfigSubSection
      title="HTTP headers"
      description="Sent with every request, for a proxy in between. AWS's own headers can't be replaced."
    >
      <Stack direction="column" gap={1} alignItems="flex-start">
        {readHeaders(options).map(({ index, name, stored, typed }) => (
          <Stack key={index} gap={1} alignItems="center" wrap="wrap">
            <Input
              aria-label={`Name of header ${index}`}
              width={30}
              placeholder="X-Header"
              disabled={readOnly}
              value={name}
              onChange={(e) => onOptionsChange(changeHeader(options, index, { name: e.currentTarget.value }))}
            />
            <SecretInput
              aria-label={`Value of header ${index}`}
              width={40}
              disabled={readOnly}
              isConfigured={stored}
              value={typed}
              onChange={(e) => onOptionsChange(changeHeader(options, index, { typed: e.currentTarget.value }))}
              onReset={() => onOptionsChange(resetHeader(options, index))}
            />
            <IconButton
              name="trash-alt"
              aria-label={`Remove header ${index}`}
              disabled={readOnly}
              onClick={() => onOptionsChange(removeHeader(options, index))}
            />
          </Stack>
        ))}
        <Button
          icon="plus"
          size="sm"
          variant="secondary"
          fill="outline"
          disabled={readOnly}
          onClick={() => onOptionsChange(addHeader(options))}
        >
          Add header
        </Button>
      </Stack>
    </ConfigSubSection>
  );
}
