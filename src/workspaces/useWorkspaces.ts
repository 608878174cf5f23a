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

/**
 * The workspaces of some regions, none being the data source's own; `load` saves the form, asks anew and never fails.
 * One that another load has overtaken answers undefined.
 */
export function useWorkspaces(props: EditorProps, regions: string[]) {
  const [state, setState] = useState<State>({});
  const latest = useRef({ ...props, regions });
  useEffect(() => {
    latest.current = { ...props, regions };
  });
  const savedAs = useRef(stored(props.options));
  const saving = useRef(Promise.resolve());
  const loads = useRef(0);
  // Grafana has one form for all data sources: what comes in later would be taken for another one's.
  const left = useRef(false);
  useEffect(() => {
    left.current = false;
    return () => {
      left.current = true;
    };
  }, []);

  const saveChanges = useCallback(async () => {
    const { options } = latest.current;
    if (left.current || stored(options) === savedAs.current) {
      return;
    }
    const taken = await save(options);
    if (!left.current) {
      savedAs.current = stored(taken(options));
      // The next save needs its version, and may not wait until it is drawn.
      latest.current.options = taken(latest.current.options);
      latest.current.onOptionsChange(latest.current.options);
    }
  }, []);

  const load = useCallback(async (): Promise<Found[] | undefined> => {
    const { options, regions: asked } = latest.current;
    const mine = ++loads.current;
    const tell = (next: State) => {
      if (mine !== loads.current) {
        return undefined;
      }
      setState(next);
      return next.listing ? found(next.listing) : [];
    };
    try {
      // One after the other: Grafana refuses two saves of one version.
      await (saving.current = saving.current.catch(() => {}).then(saveChanges));
      if (left.current) {
        return undefined;
      }
      const query = new URLSearchParams(asked.map((region) => ['region', region]));
      const listing = await getBackendSrv().get<Listing>(
        `/api/datasources/uid/${options.uid}/resources/workspaces?${query}`,
        undefined,
        undefined,
        { showErrorAlert: false }
      );
      return tell({ listing });
    } catch (error) {
      return tell({ error: causeOf(error) });
    }
  }, [saveChanges]);

  return { ...state, load };
}
