import { Button, Field, Input } from '@grafana/ui';
import React from 'react';

import { parseEndpoint } from '../../endpoint/parse';
import { withAwsSetting } from '../../settings/aws';
import { readEndpoint } from '../../settings/checks';
import { isSigned } from '../../settings/read';
import { sentence } from '../../text';
import { type EditorProps } from './props';
import { Understood } from './Understood';

/** One field for whatever people paste, which says what it made of it. */
export function WorkspaceUrl({ options, onOptionsChange }: EditorProps) {
  const { endpoint, error } = readEndpoint(options);
  const regionOfUrl = error && regionWithoutSetting(options);

  // Grafana refuses to save an ARN or a bare id as a URL, so they become one.
  const settle = () => {
    if (endpoint && !endpoint.custom && endpoint.base !== options.url) {
      onOptionsChange({ ...options, url: endpoint.base });
    }
  };

  return (
    <>
      <Field
        label="Workspace URL"
        htmlFor="ampkit-url"
        description="Paste what you have: the query or remote-write URL, the workspace's ARN, its id, or the address of its page in the AWS console."
        invalid={Boolean(error)}
        error={error && sentence(error.message)}
        disabled={options.readOnly}
      >
        <Input
          id="ampkit-url"
          spellCheck={false}
          autoComplete="off"
          placeholder="https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-…"
          value={options.url ?? ''}
          onChange={(e) => onOptionsChange({ ...options, url: e.currentTarget.value })}
          onBlur={settle}
          onKeyDown={(e) => e.key === 'Enter' && settle() /* which saves Grafana's form */}
        />
      </Field>
      {regionOfUrl && !options.readOnly && (
        <Button
          variant="secondary"
          size="sm"
          onClick={() => onOptionsChange(withAwsSetting(options, 'defaultRegion', regionOfUrl))}
        >
          Use region {regionOfUrl} of the URL
        </Button>
      )}
      <Understood endpoint={endpoint} />
    </>
  );
}

/** The region that the URL alone names, when the configured one contradicts it or is misspelt. */
function regionWithoutSetting(options: EditorProps['options']): string | undefined {
  try {
    return parseEndpoint(options.url, '', isSigned(options.jsonData)).region;
  } catch {
    return undefined;
  }
}
