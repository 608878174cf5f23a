import { LoadingState, type PanelData, toDataFrame } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import React from 'react';

import { dollars, QueryCost } from './QueryCost';

function panel(...frames: Array<[refId: string, samples: number | undefined]>): PanelData {
  return {
    state: LoadingState.Done,
    series: frames.map(([refId, value]) =>
      toDataFrame({
        refId,
        fields: [],
        meta: value === undefined ? {} : { stats: [{ displayName: 'Total queryable samples', value }] },
      })
    ),
  } as unknown as PanelData;
}

it('says what the query cost', () => {
  render(<QueryCost refId="A" data={panel(['A', 12_000_000], ['A-Instant', 345_678], ['B', 7])} />);
  expect(screen.getByText('12,345,678 samples processed, about USD 0.0012 each time it runs')).toBeInTheDocument();
});

it('says what little costs', () => {
  render(<QueryCost refId="A" data={panel(['A', 3872])} />);
  expect(screen.getByText('3,872 samples processed, less than USD 0.000001 each time it runs')).toBeInTheDocument();
});

it.each([
  ['without statistics', panel(['A', undefined])],
  ['before the first run', undefined],
  ['for another query', panel(['B', 5])],
])('says nothing %s', (_, data) => {
  const { container } = render(<QueryCost refId="A" data={data} />);
  expect(container).toBeEmptyDOMElement();
});

it.each([
  [0, 'USD 0'],
  [1e-9, 'less than USD 0.000001'],
  [0.0000123, 'about USD 0.000012'],
  [0.5, 'about USD 0.50'],
  [12.345, 'about USD 12.00'],
])('writes %p as %p', (amount, want) => {
  expect(dollars(amount)).toBe(want);
});
