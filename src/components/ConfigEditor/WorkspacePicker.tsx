import { Combobox, type ComboboxOption, Field, MultiCombobox, Stack } from '@grafana/ui';
import React, { useCallback, useRef, useState } from 'react';

import { type Endpoint } from '../../endpoint/parse';
import { regionsOfPartition } from '../../endpoint/partitions';
import { awsSetting } from '../../settings/aws';
import { choose, type Found, found, matches, toOption } from '../../workspaces/listing';
import { useWorkspaces } from '../../workspaces/useWorkspaces';
import { type EditorProps } from './props';
import { WorkspacesFound } from './WorkspacesFound';

/** The workspaces that the configured identity may list: alias, id and status, in the region and in others to look in. */
export function WorkspacePicker({ endpoint, ...props }: EditorProps & { endpoint?: Endpoint }) {
  const { options, onOptionsChange } = props;
  const [others, setOthers] = useState<string[]>([]);
  const home = awsSetting(options.jsonData, 'defaultRegion') || endpoint?.region || '';
  const { listing, error, load } = useWorkspaces(props, home ? [home, ...others] : []);

  const listed = useRef<Found[]>([]);
  const search = useCallback(
    async (typed: string) => {
      if (typed === '' || listed.current.length === 0) {
        listed.current = await load();
      }
      const grouped = new Set(listed.current.map(({ region }) => region)).size > 1;
      return listed.current.filter((w) => matches(w, typed)).map((w) => toOption(w, grouped));
    },
    [load]
  );

  const pick = ({ value }: ComboboxOption) => {
    const workspace = listed.current.find(({ url }) => url === value);
    if (workspace) {
      onOptionsChange(choose(options, workspace));
      setOthers([...others, home].filter((region) => region && region !== workspace.region));
    }
  };

  const chosen =
    listing && found(listing).find(({ id, region }) => id === endpoint?.workspace && region === endpoint.region);
  return (
    <>
      <Stack direction="row" gap={2} wrap="wrap">
        <Field
          label="Workspace"
          htmlFor="ampkit-workspace"
          description="Lists what your credentials may see. Opening the list saves the settings."
        >
          <Combobox
            id="ampkit-workspace"
            width={60}
            placeholder="Choose a workspace, or enter its URL below"
            options={search}
            value={chosen ? toOption(chosen, false) : shown(options.url, endpoint)}
            noOptionsMessage="No workspaces to choose from"
            onChange={pick}
          />
        </Field>
        <Field
          label="Also look in"
          htmlFor="ampkit-regions"
          description="Further regions to list workspaces of."
          disabled={!home}
        >
          <MultiCombobox
            id="ampkit-regions"
            width={40}
            placeholder={home ? `Only ${home}` : 'Choose a region first'}
            options={regionsOfPartition(home)
              .filter((region) => region !== home)
              .map((value) => ({ value }))}
            value={others}
            onChange={(regions) => setOthers(regions.map(({ value }) => value))}
          />
        </Field>
      </Stack>
      <WorkspacesFound listing={listing} error={error} chosen={chosen} />
    </>
  );
}

/** What is chosen before anything was listed. */
function shown(url: string, endpoint?: Endpoint): ComboboxOption | null {
  return endpoint?.workspace ? { value: url, label: endpoint.workspace } : null;
}
