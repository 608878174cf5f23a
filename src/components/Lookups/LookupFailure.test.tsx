import { act, render, screen } from '@testing-library/react';
import { BehaviorSubject } from 'rxjs';
import React from 'react';

import { type AmpDataSource } from '../../datasource';
import { type Failure } from '../../lookups';
import { LookupFailure, useLookupFailure } from './LookupFailure';

const List = () => <p>The list says: {useLookupFailure()?.cause ?? 'nothing'}</p>;

it('shows the cause while there is one, in the list and below', () => {
  const lookupError = new BehaviorSubject<Failure | undefined>({ cause: 'grant aps:GetLabels on arn:aws:aps:…' });
  render(
    <LookupFailure datasource={{ lookupError } as unknown as AmpDataSource}>
      <List />
    </LookupFailure>
  );
  expect(screen.getByText('The list says: grant aps:GetLabels on arn:aws:aps:…')).toBeInTheDocument();
  expect(screen.getByRole('alert')).toHaveTextContent('grant aps:GetLabels on arn:aws:aps:…');

  act(() => lookupError.next(undefined));
  expect(screen.getByText('The list says: nothing')).toBeInTheDocument();
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});
