import { act, render, screen, within } from '@testing-library/react';
import React from 'react';

import { type HealthReport, tellHealth } from '../../health';
import { type EditorProps } from './props';
import { TestResult } from './TestResult';

type Options = EditorProps['options'];

const options = { uid: 'amp', url: 'https://aps/', jsonData: {} } as Options;

// As pkg/doctor writes it.
const report: HealthReport = {
  outcome: 'failed',
  warnings: ['externalID has no effect: the key is spelt externalId'],
  checks: [
    { name: 'identity', outcome: 'passed', detail: 'arn:aws:sts::111122223333:assumed-role/grafana/ampkit' },
    { name: '[aws] settings', outcome: 'not checked', detail: 'Grafana passes none on', remedy: 'list the plugin' },
    {
      name: 'query',
      outcome: 'failed',
      kind: 'access-denied',
      status: 403,
      action: 'aps:QueryMetrics',
      detail:
        '403 from AMP: User: u is not authorized to perform: aps:QueryMetrics on resource: r because no policy allows it',
      remedy: 'grant aps:QueryMetrics on r to u',
      requestId: 'req-1',
    },
    {
      name: 'metadata',
      outcome: 'failed',
      optional: true,
      detail: '503 from AMP: busy',
      remedy: 'try again later',
    },
  ],
};

const at = new Date('2026-03-01T10:00:00Z');

function open(shown = options) {
  const page = render(<TestResult options={shown} />);
  return Object.assign((next: Options) => page.rerender(<TestResult options={next} />), { leave: page.unmount });
}

const row = (name: string) => screen.getByRole('row', { name: new RegExp(name) });

afterEach(() => act(() => tellHealth('amp', undefined)));

it('shows nothing before a test, and each check of it afterwards', () => {
  open();
  expect(screen.getByRole('status', { name: 'Test result' })).toBeEmptyDOMElement();
  act(() => tellHealth('amp', report, at));
  expect(screen.getByText('Tested at 2026-03-01 10:00:00.')).toBeInTheDocument();
  expect(row('Identity')).toHaveTextContent(/^Passed/);
  expect(row('settings')).toHaveTextContent(/^Not checked/);
  expect(row('settings')).not.toHaveTextContent('list the plugin'); // nothing failed
  expect(row('Query')).toHaveTextContent(/^Failed/);
  expect(row('Query')).toHaveTextContent('aps:QueryMetrics is not permitted because no policy allows it');
  expect(row('Query')).toHaveTextContent('Grant aps:QueryMetrics on r to u.');
  expect(within(row('Query')).getByText('req-1')).toBeInTheDocument();
  expect(within(row('Query')).getByRole('button', { name: 'Copy the request id of query' })).toBeInTheDocument();
  expect(row('Metadata')).toHaveTextContent(/^MissingMetadata503 from AMP: busy/);
  expect(screen.getByText('externalID has no effect: the key is spelt externalId.')).toBeInTheDocument();
});

it('says when the settings have changed since', () => {
  const show = open();
  act(() => tellHealth('amp', report, at));
  show({ ...options, version: 4 });
  expect(screen.getByText('Tested at 2026-03-01 10:00:00.')).toBeInTheDocument();
  show({ ...options, jsonData: { timeInterval: '60s' } });
  expect(screen.getByText('Tested at 2026-03-01 10:00:00, before the changes since.')).toBeInTheDocument();
});

it('says so on a page that is opened later, too', () => {
  const { leave } = open();
  act(() => tellHealth('amp', report, at));
  leave();
  open({ ...options, url: 'https://other/' });
  expect(screen.getByText('Tested at 2026-03-01 10:00:00, before the changes since.')).toBeInTheDocument();
});

it.each([undefined, {}, { checks: 'no' }, 'text'])('takes the report away when a test brought none: %j', (details) => {
  open();
  act(() => tellHealth('amp', report, at));
  act(() => tellHealth('amp', details));
  expect(screen.queryByRole('table')).not.toBeInTheDocument();
});

it("shows no other data source's report", () => {
  open({ ...options, uid: 'other' });
  act(() => tellHealth('amp', report, at));
  expect(screen.queryByRole('table')).not.toBeInTheDocument();
});
