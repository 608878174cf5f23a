import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { BehaviorSubject } from 'rxjs';
import React, { type ReactNode } from 'react';

import { type AmpDataSource } from '../../datasource';
import { AsyncSelect, Combobox, Modal, Select } from './lists';
import { LookupFailure } from './LookupFailure';

// Lists that scroll look at what is in sight, which jsdom does not know.
global.IntersectionObserver = class {
  observe() {}
  disconnect() {}
} as unknown as typeof IntersectionObserver;

const cause = 'grant aps:GetLabels on arn:aws:aps:…';

function show(list: ReactNode) {
  const lookupError = new BehaviorSubject<string | undefined>(cause);
  render(<LookupFailure datasource={{ lookupError } as unknown as AmpDataSource}>{list}</LookupFailure>);
}

// Once below the editor, once in the list.
const told = () => screen.queryAllByText(cause).length;

const empty = async () => [];
const some = [{ label: 'up', value: 'up' }];

const lists: Record<string, (options: typeof some) => ReactNode> = {
  Combobox: (options) => <Combobox options={async () => options} value="" onChange={() => {}} />,
  AsyncSelect: (options) => <AsyncSelect loadOptions={empty} defaultOptions={options} onChange={() => {}} />,
  Select: (options) => <Select options={options} onChange={() => {}} />,
};

it.each(Object.entries(lists))('an empty %s says why', async (_, list) => {
  show(list([]));
  expect(told()).toBe(1);
  await userEvent.click(screen.getByRole('combobox'));
  await waitFor(() => expect(told()).toBe(2));
});

it('a list that is no look-up has no cause for what does not match', async () => {
  show(lists.Select(some));
  await userEvent.type(screen.getByRole('combobox'), 'zzz');
  await waitFor(() => expect(screen.queryByText('up')).not.toBeInTheDocument());
  expect(told()).toBe(1);
});

it('a window that covers the editor says it too', () => {
  show(
    <Modal isOpen title="Metrics explorer" onDismiss={() => {}}>
      its content
    </Modal>
  );
  expect(screen.getByText('its content')).toBeInTheDocument();
  expect(told()).toBe(2);
});
