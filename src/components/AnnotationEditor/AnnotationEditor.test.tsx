import { render, screen } from '@testing-library/react';
import { BehaviorSubject } from 'rxjs';
import React, { type ComponentProps } from 'react';

import { type Failure } from '../../lookups';
import { AnnotationEditor } from './AnnotationEditor';

jest.mock('@grafana/prometheus', () => ({
  ...jest.requireActual('@grafana/prometheus'),
  AnnotationQueryEditor: () => <p>the library&apos;s editor</p>,
}));

it('has the cause of an empty list below the editor', () => {
  const datasource = { lookupError: new BehaviorSubject<Failure | undefined>({ cause: 'grant aps:GetLabels' }) };
  render(<AnnotationEditor {...({ datasource } as unknown as ComponentProps<typeof AnnotationEditor>)} />);
  expect(screen.getByText("the library's editor")).toBeInTheDocument();
  expect(screen.getByRole('alert')).toHaveTextContent('grant aps:GetLabels');
});
