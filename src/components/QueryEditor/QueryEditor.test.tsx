import { CoreApp, LoadingState, toDataFrame } from '@grafana/data';
import { PromQueryBuilderOptions } from '@grafana/prometheus';
import { act, render, screen } from '@testing-library/react';
import { BehaviorSubject } from 'rxjs';
import React, { type ComponentProps } from 'react';

import { type AmpDataSource } from '../../datasource';
import { type Failure } from '../../lookups';
import { QueryEditor } from './QueryEditor';

// The editor of the library needs a browser that can draw text; e2e/query.spec.ts has one.
jest.mock('@grafana/prometheus', () => ({
  ...jest.requireActual('@grafana/prometheus'),
  PromQueryEditorByApp: () => <p>the library&apos;s editor</p>,
}));

function show(data?: object) {
  const lookupError = new BehaviorSubject<Failure | undefined>(undefined);
  const props = { datasource: { lookupError } as unknown as AmpDataSource, query: { refId: 'A', expr: 'up' }, data };
  render(<QueryEditor {...(props as unknown as ComponentProps<typeof QueryEditor>)} />);
  return lookupError;
}

it('has the cause of an empty list below the editor', () => {
  const lookupError = show();
  expect(screen.getByText("the library's editor")).toBeInTheDocument();
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  act(() => lookupError.next({ cause: 'grant aps:GetLabels' }));
  expect(screen.getByRole('alert')).toHaveTextContent('grant aps:GetLabels');
});

it('has the cost of the query below the editor', () => {
  const meta = { stats: [{ displayName: 'Total queryable samples', value: 1_000_000_000 }] };
  show({ state: LoadingState.Done, series: [toDataFrame({ refId: 'A', fields: [], meta })] });
  expect(screen.getByTestId('ampkit-query-cost')).toHaveTextContent('1,000,000,000 samples processed, about USD 0.10');
});

it('hides the exemplars of the options', () => {
  const query = { refId: 'A', expr: 'up', range: true, legendFormat: '' };
  const props = { query, app: CoreApp.PanelEditor, onChange: () => {}, onRunQuery: () => {} };
  render(<PromQueryBuilderOptions {...(props as unknown as ComponentProps<typeof PromQueryBuilderOptions>)} />);
  act(() => screen.getByRole('button', { name: /Options/ }).click());
  expect(screen.getByText('Type')).toBeInTheDocument();
  expect(screen.queryByText('Exemplars')).not.toBeInTheDocument();
});

it.each([
  ['a new one', CoreApp.UnifiedAlerting, { instant: undefined, range: false }, { instant: true, range: false }],
  ['one that says range', CoreApp.UnifiedAlerting, { range: true }, undefined],
  ['one that says not instant', CoreApp.UnifiedAlerting, { instant: false, range: false }, undefined],
  ['a panel’s', CoreApp.PanelEditor, {}, undefined],
])('makes the query of an alert rule instant: %s', (_, app, kind, want) => {
  const onChange = jest.fn();
  const query = { refId: 'A', expr: 'up', ...kind };
  const datasource = { lookupError: new BehaviorSubject(undefined) } as unknown as AmpDataSource;
  render(<QueryEditor {...({ app, datasource, query, onChange } as unknown as ComponentProps<typeof QueryEditor>)} />);
  expect(onChange.mock.calls).toEqual(want ? [[{ ...query, ...want }]] : []);
});
