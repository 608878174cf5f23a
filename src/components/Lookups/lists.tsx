/* eslint-disable @typescript-eslint/no-deprecated -- the shared editor still draws its labels with them */
// What the shared editor gets for '@grafana/ui' where it draws lists (see webpack.config.ts): an empty one says why,
// in its own place. Nobody else's lists change, for the library is bundled with this plugin.
import { css } from '@emotion/css';
import {
  Alert,
  AsyncSelect as UiAsyncSelect,
  Combobox as UiCombobox,
  type ComboboxOption,
  Modal as UiModal,
  Select as UiSelect,
  Stack as UiStack,
} from '@grafana/ui';
import React, { type ComponentProps, useCallback, useState } from 'react';

import { type Failure } from '../../lookups';
import { lines } from '../../text';
import { useLastLookup, useLookupFailure } from './LookupFailure';

export * from '@grafana/ui';

// Lists centre what they say, and are as narrow as the value that is chosen; ARNs are long.
const text = css({ textAlign: 'left', overflowWrap: 'anywhere', whiteSpace: 'normal', minWidth: 240 });

/** What an empty list says in the place of "No options found". It is drawn as it stands, though declared as text. */
function useMessage(): string | undefined {
  const failure = useLookupFailure();
  return failure && ((<div className={text}>{failure.remedy ?? failure.cause}</div>) as unknown as string);
}

type ComboboxProps = ComponentProps<typeof UiCombobox>;
/** What is chosen is null only in a list that can be cleared. */
type Choose = (choice: ComboboxOption<string | number> | null) => void;

/** The metrics of the builder and of the variable editor. Before Grafana 13 it has no message of its own. */
export function Combobox({ options, onChange, ...props }: ComboboxProps) {
  const lastLookup = useLastLookup();
  const [refused, setRefused] = useState(0);
  const load = useCallback(
    async (input: string) => {
      const found = typeof options === 'function' ? await options(input) : options;
      const failure = lastLookup();
      return found.length || !failure ? found : asOptions(failure);
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a new function makes the list forget what was chosen
    [options, lastLookup, refused]
  );
  // Enter chooses an option that can't be clicked.
  const choose: Choose = (choice) => (choice?.infoOption ? setRefused(refused + 1) : (onChange as Choose)(choice));
  return <UiCombobox {...({ ...props, options: load, onChange: choose } as ComboboxProps)} />;
}

/** An option is one line; with the spaces between them they are one text. */
const asOptions = ({ remedy, cause }: Failure): ComboboxOption[] =>
  lines(remedy ?? cause, 80).map((line, i) => ({ value: `why-${i}`, label: `${line} `, infoOption: true }));

/** Labels and their values. */
export function AsyncSelect(props: ComponentProps<typeof UiAsyncSelect>) {
  return <UiAsyncSelect {...props} noOptionsMessage={useMessage() ?? props.noOptionsMessage} />;
}

/** The labels of an aggregation; but also lists that are no look-ups, and those are never empty. */
export function Select(props: ComponentProps<typeof UiSelect>) {
  const message = useMessage();
  return <UiSelect {...props} noOptionsMessage={(!props.options?.length && message) || props.noOptionsMessage} />;
}

/** The metrics explorer, which covers the editor. */
export function Modal({ children, ...props }: ComponentProps<typeof UiModal>) {
  return (
    <UiModal {...props}>
      <Why />
      {children}
    </UiModal>
  );
}

/** The lists of the metrics browser, which push what is below the editor out of sight. */
export function Stack(props: ComponentProps<typeof UiStack>) {
  return (
    <>
      <Why />
      <UiStack {...props} />
    </>
  );
}

function Why() {
  const failure = useLookupFailure();
  return (
    failure && (
      <Alert severity="warning" title="Metrics can't be listed" bottomSpacing={4}>
        {failure.cause}
      </Alert>
    )
  );
}
