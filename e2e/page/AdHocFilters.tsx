import { type AdHocVariableFilter, type TimeRange } from '@grafana/data';
import { Alert, Combobox, InlineField, InlineFieldRow } from '@grafana/ui';
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
  const [problem, setProblem] = useState('');
  const asked = { timeRange: range, queries, filters: [] };

  const list = async (lookUp: Promise<Array<{ text: string }>>, typed: string) => {
    try {
      const found = await lookUp;
      setProblem('');
      return found.filter(({ text }) => text.includes(typed)).map(({ text }) => ({ label: text, value: text }));
    } catch (error) {
      setProblem(String(error));
      return [];
    }
  };

  return (
    <InlineFieldRow>
      <InlineField label="Filter" htmlFor="filter-key">
        <Combobox
          id="filter-key"
          width={24}
          placeholder="Label"
          value={key}
          options={(typed) => list(datasource.getTagKeys(asked), typed)}
          onChange={({ value }) => setKey(value)}
        />
      </InlineField>
      <InlineField label="is" htmlFor="filter-value" disabled={!key}>
        <Combobox
          id="filter-value"
          width={32}
          placeholder="Value"
          value={filters[0]?.value ?? ''}
          options={(typed) => list(datasource.getTagValues({ ...asked, key }), typed)}
          onChange={({ value }) => onChange([{ key, operator: '=', value }])}
        />
      </InlineField>
      {problem && <Alert severity="error" title={problem} data-testid="filter-problem" />}
    </InlineFieldRow>
  );
}
