import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React, { useState } from 'react';

import { type Listing } from '../../workspaces/listing';
import { type EditorProps } from './props';
import { Workspace } from './Workspace';

type Options = EditorProps['options'];

const calls = { put: jest.fn(), get: jest.fn() };

jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual('@grafana/runtime'),
  getBackendSrv: () => calls,
}));

beforeEach(() => {
  // An open list renders as many rows as fit.
  jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(400);
  jest.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(400);
});

const id = (n: number) => `ws-0000000${n}-90ab-cdef-1234-567890abcdef`;
const url = (n: number, region: string) => `https://aps-workspaces.${region}.amazonaws.com/workspaces/${id(n)}/`;
const listing: Listing = {
  regions: [
    {
      region: 'us-east-1',
      workspaces: [
        { id: id(1), alias: 'production', status: 'ACTIVE', url: url(1, 'us-east-1') },
        { id: id(2), status: 'ACTIVE', url: url(2, 'us-east-1') },
      ],
    },
    {
      region: 'eu-west-1',
      workspaces: [{ id: id(3), alias: 'new', status: 'CREATING', url: url(3, 'eu-west-1') }],
    },
  ],
};

beforeEach(() => {
  calls.put.mockReset().mockImplementation(async (_: string, sent: Options) => ({
    datasource: { version: (sent.version ?? 0) + 1, secureJsonFields: { sigV4AccessKey: true } },
  }));
  calls.get.mockReset().mockResolvedValue(listing);
});

function open(stored: Partial<Omit<Options, 'jsonData'>> & { jsonData?: object } = {}) {
  const first = { uid: 'amp', url: '', version: 3, jsonData: { sigV4Region: 'us-east-1' }, ...stored } as Options;
  const form = { current: first, change: (_: Options) => {} };
  function Page() {
    const [options, setOptions] = useState(first);
    form.change = (next: Options) => {
      form.current = next;
      setOptions(next);
    };
    return <Workspace options={options} onOptionsChange={form.change} />;
  }
  const { unmount } = render(<Page />);
  return Object.assign(form, { unmount });
}

const picker = () => screen.getByRole('combobox', { name: /^Workspace Lists/ });
const outcome = () => screen.getByRole('status', { name: 'Workspaces found' });
const user = () => userEvent.setup();

it('takes URL and region of the chosen workspace over', async () => {
  const form = open();
  await user().click(picker());
  expect(await screen.findByRole('option', { name: /production/ })).toHaveTextContent(`${id(1)} · ACTIVE`);
  expect(outcome()).toHaveTextContent('3 workspaces in us-east-1, eu-west-1.');
  expect(calls.put).not.toHaveBeenCalled(); // nothing was changed, so nothing needs saving
  expect(calls.get.mock.calls[0][0]).toBe('/api/datasources/uid/amp/resources/workspaces?region=us-east-1');

  await user().click(screen.getByRole('option', { name: /new/ }));
  expect(form.current.url).toBe(url(3, 'eu-west-1'));
  expect(form.current.jsonData).toEqual({ sigV4Region: 'eu-west-1' });
  expect(picker()).toHaveValue('new');
  expect(screen.getByRole('alert')).toHaveTextContent('new is CREATING');
  // The region that was looked in before still is.
  await user().click(picker());
  await waitFor(() =>
    expect(calls.get.mock.lastCall?.[0]).toBe(
      '/api/datasources/uid/amp/resources/workspaces?region=eu-west-1&region=us-east-1'
    )
  );
});

it('is searched with the keyboard alone', async () => {
  const form = open();
  for (let stops = 0; stops < 4 && document.activeElement !== picker(); stops++) {
    await user().tab();
  }
  expect(picker()).toHaveFocus();
  await user().keyboard('{ArrowDown}');
  await screen.findByRole('option', { name: /production/ });
  await user().keyboard('00000002');
  await waitFor(() => expect(screen.getAllByRole('option')).toHaveLength(1));
  await user().keyboard('{Enter}');
  expect(form.current.url).toBe(url(2, 'us-east-1'));
  expect(calls.get).toHaveBeenCalledTimes(1);
});

it('saves the form first, and takes over what Grafana made of it', async () => {
  const form = open({ secureJsonFields: {} });
  act(() =>
    form.change({ ...form.current, jsonData: { sigV4Region: 'us-east-2' }, secureJsonData: { sigV4AccessKey: 'AKIA' } })
  );
  const sent = form.current;
  await user().click(picker());
  await screen.findByRole('option', { name: /production/ });
  expect(calls.put.mock.calls).toEqual([['/api/datasources/uid/amp', sent]]);
  expect(calls.get.mock.calls[0][0]).toContain('region=us-east-2');
  expect(form.current).toEqual({
    ...sent,
    version: 4,
    secureJsonFields: { sigV4AccessKey: true },
    secureJsonData: {},
  });
  // Opened again without a change, it is not saved again.
  await user().keyboard('{Escape}');
  await user().click(picker());
  await waitFor(() => expect(calls.get).toHaveBeenCalledTimes(2));
  expect(calls.put).toHaveBeenCalledTimes(1);
});

it('knows the workspaces of the last list when an earlier one answers late', async () => {
  const answers: Array<(listing: Listing) => void> = [];
  calls.get.mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
  const form = open();
  await user().click(picker());
  await waitFor(() => expect(answers).toHaveLength(1));
  await user().keyboard('{Escape}');
  act(() => form.change({ ...form.current, jsonData: { sigV4Region: 'eu-west-1' } }));
  await user().click(picker());
  await waitFor(() => expect(answers).toHaveLength(2));
  await act(async () => answers[1]({ regions: [listing.regions[1]] }));
  const option = await screen.findByRole('option', { name: /new/ });
  await act(async () => answers[0]({ regions: [listing.regions[0]] }));
  expect(outcome()).toHaveTextContent('1 workspace in eu-west-1.');
  await user().click(option);
  expect(form.current.url).toBe(url(3, 'eu-west-1'));
});

it('changes no other form when it is left while it saves', async () => {
  let answer = (_: unknown) => {};
  calls.put.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
  const form = open();
  act(() => form.change({ ...form.current, jsonData: { sigV4Region: 'us-east-2' } }));
  const sent = form.current;
  await user().click(picker());
  await waitFor(() => expect(calls.put).toHaveBeenCalled());
  form.unmount();
  await act(async () => answer({ datasource: { version: 4 } }));
  expect(form.current).toBe(sent);
});

it('looks in no region twice, nor in those of another partition', async () => {
  const form = open();
  const others = screen.getByRole('combobox', { name: /^Also look in/ });
  for (const region of ['eu-west-1', 'us-west-2']) {
    await user().clear(others);
    await user().type(others, region);
    await user().click(screen.getByRole('option', { name: region }));
  }
  const asked = async () => {
    const before = calls.get.mock.calls.length;
    await user().click(picker());
    await waitFor(() => expect(calls.get.mock.calls.length).toBe(before + 1));
    await user().keyboard('{Escape}');
    return new URLSearchParams(calls.get.mock.lastCall?.[0].split('?')[1]).getAll('region');
  };
  act(() => form.change({ ...form.current, jsonData: { sigV4Region: 'eu-west-1' } }));
  expect(await asked()).toEqual(['eu-west-1', 'us-west-2']);
  act(() => form.change({ ...form.current, jsonData: { sigV4Region: 'cn-north-1' } }));
  expect(await asked()).toEqual(['cn-north-1']);
});

it('says which action is missing, and leaves the URL', async () => {
  const failure = {
    message: '403 from AMP: User: u is not authorized to perform: aps:ListWorkspaces',
    errorType: 'access-denied',
    action: 'aps:ListWorkspaces',
    remedy: 'grant aps:ListWorkspaces on * to arn:aws:iam::111122223333:role/grafana',
    requestId: 'req-1',
  };
  calls.get.mockResolvedValue({
    regions: ['us-east-1', 'us-east-2'].map((region) => ({ region, workspaces: [], failure })),
  });
  open();
  await user().click(picker());
  const alert = await screen.findByRole('alert');
  expect(alert).toHaveTextContent('aps:ListWorkspaces is not permitted in us-east-1, us-east-2');
  expect(alert).toHaveTextContent('Grant aps:ListWorkspaces on * to arn:aws:iam::111122223333:role/grafana.');
  expect(alert).toHaveTextContent('req-1');
  expect(alert).toHaveTextContent('enter the URL of the workspace below instead');
  expect(screen.getByText('No workspaces to choose from')).toBeInTheDocument();
  expect(screen.getByLabelText(/^Workspace URL/)).toBeEnabled();
});

it('tells why nothing could be listed at all', async () => {
  calls.get.mockRejectedValue({ config: {}, status: 403, data: { message: 'no AWS credentials were found' } });
  open();
  await user().click(picker());
  expect(await screen.findByRole('alert')).toHaveTextContent(
    "Workspaces can't be listedNo AWS credentials were found."
  );
});

it('lists nothing for a form that could not be saved', async () => {
  calls.put.mockRejectedValue({ config: {}, status: 409, data: { message: 'somebody else saved it' } });
  const form = open();
  act(() => form.change({ ...form.current, name: 'Other' }));
  await user().click(picker());
  expect(await screen.findByRole('alert')).toHaveTextContent('Somebody else saved it.');
  expect(calls.get).not.toHaveBeenCalled();
});

it('offers other regions of the same partition', async () => {
  open({ jsonData: { sigV4Region: 'cn-north-1' } });
  await user().click(screen.getByRole('combobox', { name: /^Also look in/ }));
  expect(screen.getAllByRole('option').map((o) => o.textContent)).toEqual(['cn-northwest-1']);
  await user().click(screen.getByRole('option', { name: 'cn-northwest-1' }));
  await user().click(picker());
  await waitFor(() => expect(calls.get.mock.lastCall?.[0]).toMatch(/region=cn-north-1&region=cn-northwest-1$/));
});

it('knows the workspace of the URL before anything is listed', () => {
  open({ url: url(1, 'us-east-1') });
  expect(picker()).toHaveValue(id(1));
});

it('lists nothing for a data source that is provisioned or not signed for', () => {
  open({ readOnly: true });
  open({ jsonData: { sigV4Auth: 'false' } });
  expect(screen.queryByRole('combobox', { name: /^Workspace Lists/ })).not.toBeInTheDocument();
});
