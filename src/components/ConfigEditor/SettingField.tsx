import { Combobox, Field, Input, Switch } from '@grafana/ui';
import React, { useState } from 'react';

import { readBoolean, readNumber, readText } from '../../settings/read';
import { type SettingSpec } from './fields';

interface Props {
  spec: SettingSpec;
  value: unknown;
  readOnly: boolean;
  /** undefined for a setting that goes back to its default. */
  onChange: (value: string | number | boolean | undefined) => void;
}

/** One setting with its label and its help. */
export function SettingField({ spec, value, readOnly, onChange }: Props) {
  // What is being typed; only what can be used goes further.
  const [typed, setTyped] = useState<string>();
  const shown = typed ?? readText(value);
  const id = `ampkit-${spec.key}`;
  const problem = check(spec, shown);

  const type = (text: string) => {
    setTyped(text);
    if (!check(spec, text)) {
      onChange(spec.kind === 'count' ? readNumber(text) : text || undefined);
    }
  };

  return (
    <Field
      label={spec.label}
      description={spec.help}
      htmlFor={id}
      disabled={readOnly}
      invalid={Boolean(problem)}
      error={problem}
    >
      {spec.kind === 'switch' ? (
        <Switch
          id={id}
          value={readBoolean(value, spec.absent)}
          onChange={(e) => onChange(e.currentTarget.checked === spec.absent ? undefined : e.currentTarget.checked)}
        />
      ) : spec.kind === 'select' ? (
        <Combobox
          id={id}
          width={40}
          options={spec.choices}
          value={readText(value) || spec.absent}
          onChange={(choice) => onChange(choice.value)}
        />
      ) : (
        <Input
          id={id}
          width={40}
          spellCheck={false}
          inputMode={spec.kind === 'count' ? 'numeric' : 'text'}
          placeholder={spec.placeholder}
          value={shown}
          onChange={(e) => type(e.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function check(spec: SettingSpec, text: string): string | undefined {
  if (text.trim() === '') {
    return undefined;
  }
  if (spec.kind === 'duration' && !/^[<>]?(\d+(\.\d+)?(ms|[smhdwy]))+$|^\d+$/.test(text)) {
    return `Write a duration such as ${spec.placeholder} or 1m30s.`;
  }
  if (spec.kind === 'count' && !/^\d+$/.test(text.trim())) {
    return 'Write a whole number, or nothing for the default.';
  }
  return undefined;
}
