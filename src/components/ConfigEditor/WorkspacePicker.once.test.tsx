import { type ComboboxOption } from '@grafana/ui';
import { act, render } from '@testing-library/react';
import React from 'react';

import { type EditorProps } from './props';
import { WorkspacePicker } from './WorkspacePicker';

interface Box {
  options: (typed: string) => Promise<ComboboxOption[]>;
  onChange: (choice: ComboboxOption) => void;
}

let box: Box;

jest.mock('@grafana/ui', () => ({
  ...jest.requireActual('@grafana/ui'),
  Combobox: (props: Box) => {
    box = props;
    return null;
  },
  MultiCombobox: () => null,
}));

const workspaces = [{ id: 'ws-1', status: 'ACTIVE', url: 'https://aps/workspaces/ws-1/' }];

const put = jest.fn();

jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual('@grafana/runtime'),
  getBackendSrv: () => ({ get: async () => ({ regions: [{ region: 'eu-west-1', workspaces }] }), put }),
}));

// Grafana 12.4's box tells a choice at each rendering until the form has it, and its form takes its time: without a
// guard the page goes round until React stops it.
it('takes a choice over once, and again when it is made again', async () => {
  const changes = jest.fn();
  const options = { uid: 'amp', url: '', jsonData: { sigV4Region: 'us-east-1' } } as EditorProps['options'];
  render(<WorkspacePicker options={options} onOptionsChange={changes} />);
  for (const times of [1, 2]) {
    const [choice] = await act(() => box.options(''));
    act(() => box.onChange(choice));
    act(() => box.onChange(choice));
    expect(changes).toHaveBeenCalledTimes(times);
  }
});

// Grafana refuses the second save of a version: somebody else has changed the data source.
it('saves a change once, however often the list is asked for meanwhile', async () => {
  put.mockImplementation(async (_, { version }) => ({ datasource: { version: version + 1 } }));
  const options = { uid: 'amp', url: '', version: 3, jsonData: {} } as EditorProps['options'];
  const changes = jest.fn();
  const page = render(<WorkspacePicker options={options} onOptionsChange={changes} />);
  const changed = { ...options, jsonData: { sigV4Region: 'eu-west-1' } };
  page.rerender(<WorkspacePicker options={changed} onOptionsChange={changes} />);
  await act(() => Promise.all([box.options(''), box.options('ws')]));
  expect(put.mock.calls.map(([, sent]) => sent.version)).toEqual([3]);
  expect(changes).toHaveBeenCalledTimes(1);
  expect(changes.mock.lastCall[0]).toMatchObject({ version: 4 });
});
