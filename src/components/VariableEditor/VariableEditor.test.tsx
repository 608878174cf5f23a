import { PromVariableQueryType } from '@grafana/prometheus';
import { render, screen } from '@testing-library/react';
import { BehaviorSubject } from 'rxjs';
import React, { type ComponentProps } from 'react';

import { type Failure } from '../../lookups';
import { VariableEditor } from './VariableEditor';

type Props = ComponentProps<typeof VariableEditor>;

it("says why its labels can't be listed, and does not fall over", async () => {
  // Aloud, as ad-hoc filters need it; nobody waits for a refusal in the library's editor.
  const getTagKeys = jest.fn(() => Promise.reject(new Error('grant aps:GetLabels')));
  const datasource = {
    lookupError: new BehaviorSubject<Failure | undefined>({ cause: 'grant aps:GetLabels' }),
    getTagKeys,
    getVariables: () => [],
    interpolateString: (text: string) => text,
    languageProvider: { queryLabelKeys: async () => [], queryLabelValues: async () => [] },
  };
  const query = { refId: 'V', qryType: PromVariableQueryType.LabelValues, label: 'job', query: 'label_values(job)' };
  const props = { datasource, query, onChange: () => {}, onRunQuery: () => {} } as unknown as Props;
  render(<VariableEditor {...props} />);
  expect(await screen.findByText('Label filters')).toBeInTheDocument();
  expect(getTagKeys).not.toHaveBeenCalled();
  expect(screen.getByRole('alert')).toHaveTextContent('grant aps:GetLabels');
});
