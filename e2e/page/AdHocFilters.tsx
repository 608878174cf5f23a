import { type AdHocVariableFilter, type TimeRange } from '@grafana/data';
import { Combobox, InlineField, InlineFieldRow } from '@grafana/ui';
import React, { useState } from 'react';

import { type AmpDataSource } from '../../src/datasource';
import { type AmpQuery } from '../../src/types';

interface Props {
  datasource: AmpDataSource;
  range: TimeRange;
  queries: AmpQuery[];
  filters: AdHocVariableFilter[];
  onChange: (filters: AdHocVariableFilter[]) => void;
}

/** A dashboard's ad-hoc filter: its lists come from the data source, and it goes into the request of every query. */
export function AdHocFilters({ datasource, range, queries, filters, onChange }: Props) {
  const [key, setKey] = useState('');
  const asked = { timeRange: range, queries, filters: [] };
  return (
    <InlineFieldRow>
      <InlineField label="Filter" htmlFor="filter-key">
        <Combobox
          id="filter-key"
          width={24}
          placeholder="Label"
          value={key}
          options={async (typed) => options(await datasource.getTagKeys(asked), typed)}
          onChange={({ value }) => setKey(value)}
        />
      </InlineField>
      <InlineField label="is" htmlFor="filter-value" disabled={!key}>
        <Combobox
          id="filter-value"
          width={32}
          placeholder="Value"
          value={filters[0]?.value ?? ''}
          options={async (typed) => options(await datasource.getTagValues({ ...asked, key }), typed)}
          onChange={({ value }) => onChange([{ key, operator: '=', value }])}
        />
      </InlineField>
    </InlineFieldRow>
  );
}

function options(found: Array<{ text: string }>, typed: string) {
  return found.filter(({ text }) => text.includes(typed)).map(({ text }) => ({ label: text, value: text }));
}
