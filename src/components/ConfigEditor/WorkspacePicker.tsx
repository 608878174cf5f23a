import { css } from '@emotion/css';
import { Combobox, type ComboboxOption, Field, MultiCombobox, Stack, useStyles2 } from '@grafana/ui';
import React, { useCallback, useMemo, useRef, useState } from 'react';

import { type Endpoint } from '../../endpoint/parse';
import { regionsOfPartition } from '../../endpoint/partitions';
import { awsSetting } from '../../settings/aws';
import { choose, type Found, found, matches, toOption } from '../../workspaces/listing';
import { useWorkspaces } from '../../workspaces/useWorkspaces';
import { type EditorProps } from './props';
import { WorkspacesFound } from './WorkspacesFound';

/** The workspaces that the configured identity may list: alias, id and status, in the region and in others to look in. */
export function WorkspacePicker({ endpoint, ...props }: EditorProps & { endpoint?: Endpoint }) {
  const styles = useStyles2(getStyles);
  const { options, onOptionsChange } = props;
  const [others, setOthers] = useState<string[]>([]);
  const home = awsSetting(options.jsonData, 'defaultRegion') || endpoint?.region || '';
  const places = regionsOfPartition(home).filter((region) => region !== home);
  const elsewhere = others.filter((region) => places.includes(region));
  const { listing, error, load } = useWorkspaces(props, home ? [home, ...elsewhere] : []);

  const listed = useRef<Found[]>([]);
  // The box tells a choice at every rendering until the form has taken it over, which Grafana's takes its time for.
  const picked = useRef('');
  const search = useCallback(
    async (typed: string) => {
      picked.current = '';
      if (typed === '' || listed.current.length === 0) {
        listed.current = (await load()) ?? listed.current;
      }
      const grouped = new Set(listed.current.map(({ region }) => region)).size > 1;
      return listed.current.filter((w) => matches(w, typed)).map((w) => toOption(w, grouped));
    },
    [load]
  );

  const pick = ({ value }: ComboboxOption) => {
    const workspace = listed.current.find(({ url }) => url === value);
    if (workspace && workspace.url !== picked.current) {
      picked.current = workspace.url;
      onOptionsChange(choose(options, workspace));
      setOthers([...elsewhere, home].filter((region) => region && region !== workspace.region));
    }
  };

  const chosen =
    listing && found(listing).find(({ id, region }) => id === endpoint?.workspace && region === endpoint.region);
  const label = chosen?.alias || endpoint?.workspace;
  // The box takes another object for another choice, even when it says the same.
  const value = useMemo(() => (label ? { value: options.url, label } : null), [options.url, label]);
  return (
    <>
      <Stack direction="row" gap={2} wrap="wrap">
        <Field
          className={styles.workspace}
          label="Workspace"
          htmlFor="ampkit-workspace"
          description="Lists what your credentials may see. Opening the list saves the settings."
        >
          <Combobox
            id="ampkit-workspace"
            placeholder="Choose a workspace, or enter its URL below"
            options={search}
            value={value}
            noOptionsMessage="No workspaces to choose from"
            onChange={pick}
          />
        </Field>
        <Field
          className={styles.others}
          label="Also look in"
          htmlFor="ampkit-regions"
          description="Further regions to list workspaces of."
          disabled={!home}
        >
          <MultiCombobox
            id="ampkit-regions"
            placeholder={home ? `Only ${home}` : 'Choose a region first'}
            options={places.map((value) => ({ value }))}
            value={elsewhere}
            onChange={(regions) => setOthers(regions.map(({ value }) => value))}
          />
        </Field>
      </Stack>
      <WorkspacesFound listing={listing} error={error} chosen={chosen} />
    </>
  );
}

const getStyles = () => ({
  workspace: css({ width: 480, maxWidth: '100%' }),
  others: css({ width: 320, maxWidth: '100%' }),
});
