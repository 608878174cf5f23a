import { act, render, screen } from '@testing-library/react';
import { BehaviorSubject } from 'rxjs';
import React from 'react';

import { type AmpDataSource } from '../../datasource';
import { LookupFailure } from './LookupFailure';

it('shows the cause while there is one', () => {
  const lookupError = new BehaviorSubject<string | undefined>('grant aps:GetLabels on arn:aws:aps:…');
  render(<LookupFailure datasource={{ lookupError } as unknown as AmpDataSource} />);
  expect(screen.getByText('grant aps:GetLabels on arn:aws:aps:…')).toBeInTheDocument();

  act(() => lookupError.next(undefined));
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});
