import { getBackendSrv } from '@grafana/runtime';
import { useCallback, useEffect, useRef, useState } from 'react';

import { type EditorProps } from '../components/ConfigEditor/props';
import { causeOf } from '../text';
import { type Found, found, type Listing } from './listing';
import { save, stored } from './save';

interface State {
  listing?: Listing;
  /** Why nothing could be asked at all. */
  error?: string;
}

/** The workspaces of some regions, none being the data source's own; `load` saves the form, asks anew and never fails. */
export function useWorkspaces(props: EditorProps, regions: string[]) {
  const [state, setState] = useState<State>({});
  const latest = useRef({ ...props, regions });
  useEffect(() => {
    latest.current = { ...props, regions };
  });
  const savedAs = useRef(stored(props.options));

  const load = useCallback(async (): Promise<Found[]> => {
    const { options, regions: asked } = latest.current;
    try {
      if (stored(options) !== savedAs.current) {
        const taken = await save(options);
        savedAs.current = stored(taken(options));
        latest.current.onOptionsChange(taken(latest.current.options));
      }
      const query = new URLSearchParams(asked.map((region) => ['region', region]));
      const listing = await getBackendSrv().get<Listing>(
        `/api/datasources/uid/${options.uid}/resources/workspaces?${query}`,
        undefined,
        undefined,
        { showErrorAlert: false }
      );
      setState({ listing });
      return found(listing);
    } catch (error) {
      setState({ error: causeOf(error) });
      return [];
    }
  }, []);

  return { ...state, load };
}
