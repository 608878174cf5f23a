/* eslint-disable @typescript-eslint/no-deprecated -- the shared editor still draws its labels with them */
// What the shared editor gets for '@grafana/ui' where it draws lists (see webpack.config.ts): an empty one says why,
// in its own place. Nobody else's lists change, for the library is bundled with this plugin.
import { css } from '@emotion/css';
import {
  Alert,
  AsyncSelect as UiAsyncSelect,
  Combobox as UiCombobox,
  Modal as UiModal,
  Select as UiSelect,
} from '@grafana/ui';
import React, { type ComponentProps } from 'react';

import { useLookupFailure } from './LookupFailure';

export * from '@grafana/ui';

// Lists centre what they say, and are as narrow as the value that is chosen; ARNs are long.
const text = css({ textAlign: 'left', overflowWrap: 'anywhere', whiteSpace: 'normal', minWidth: 240 });

/** What an empty list says in the place of "No options found". It is drawn as it stands, though declared as text. */
function useMessage(): string | undefined {
  const failure = useLookupFailure();
  return failure && ((<div className={text}>{failure.remedy ?? failure.cause}</div>) as unknown as string);
}

/** The metrics of the builder and of the variable editor. */
export function Combobox(props: ComponentProps<typeof UiCombobox>) {
  return <UiCombobox {...props} noOptionsMessage={useMessage() ?? props.noOptionsMessage} />;
}

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
  const failure = useLookupFailure();
  return (
    <UiModal {...props}>
      {failure && (
        <Alert severity="warning" title="Metrics can't be listed">
          {failure.cause}
        </Alert>
      )}
      {children}
    </UiModal>
  );
}
