import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { BehaviorSubject } from 'rxjs';
import React, { type ReactNode } from 'react';

import { type AmpDataSource } from '../../datasource';
import { type Failure } from '../../lookups';
import { AsyncSelect, Combobox, Modal, Select, Stack } from './lists';
import { LookupFailure } from './LookupFailure';

// A Combobox draws what is in sight, which jsdom does not know.
jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(400);
jest.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(400);

const cause = '403 from AMP: not authorized; grant aps:GetLabels on arn:aws:aps:…';
const remedy = 'Grant aps:GetLabels on arn:aws:aps:….';

function show(list: ReactNode) {
  const lookupError = new BehaviorSubject<Failure | undefined>({ cause, remedy });
  render(<LookupFailure datasource={{ lookupError } as unknown as AmpDataSource}>{list}</LookupFailure>);
}

const empty = async () => [];
const some = [{ label: 'up', value: 'up' }];

const lists: Record<string, (options: typeof some) => ReactNode> = {
  Combobox: (options) => <Combobox options={async () => options} value="" onChange={() => {}} />,
  AsyncSelect: (options) => <AsyncSelect loadOptions={empty} defaultOptions={options} onChange={() => {}} />,
  Select: (options) => <Select options={options} onChange={() => {}} />,
};

it.each(Object.entries(lists))('an empty %s says why', async (_, list) => {
  show(list([]));
  expect(screen.getByText(cause)).toBeInTheDocument();
  expect(screen.queryByText(remedy)).not.toBeInTheDocument();
  await userEvent.click(screen.getByRole('combobox'));
  expect(await screen.findByText(remedy)).toBeInTheDocument();
});

it('what a Combobox says is not chosen, however one tries', async () => {
  const onChange = jest.fn();
  const lookupError = new BehaviorSubject<Failure | undefined>(undefined);
  const options = async () => {
    lookupError.next({ cause, remedy });
    return [];
  };
  render(
    <LookupFailure datasource={{ lookupError } as unknown as AmpDataSource}>
      <Combobox options={options} value="" onChange={onChange} />
    </LookupFailure>
  );
  await userEvent.click(screen.getByRole('combobox'));
  expect(await screen.findByText(remedy)).toBeInTheDocument();
  await userEvent.keyboard('{ArrowDown}{Enter}');
  expect(onChange).not.toHaveBeenCalled();
  expect(screen.getByRole('combobox')).toHaveValue('');
});

it('a list that is no look-up has no cause for what does not match', async () => {
  show(lists.Select(some));
  await userEvent.type(screen.getByRole('combobox'), 'zzz');
  await waitFor(() => expect(screen.queryByText('up')).not.toBeInTheDocument());
  expect(screen.queryByText(remedy)).not.toBeInTheDocument();
});

it('a window that covers the editor says it too', () => {
  show(
    <Modal isOpen title="Metrics explorer" onDismiss={() => {}}>
      its content
    </Modal>
  );
  expect(screen.getByText('its content')).toBeInTheDocument();
  expect(screen.getAllByText(cause)).toHaveLength(2);
});

it('so does one that pushes what is below the editor out of sight', () => {
  show(<Stack>the metrics browser</Stack>);
  expect(screen.getByText('the metrics browser')).toBeInTheDocument();
  expect(screen.getAllByText(cause)).toHaveLength(2);
});
