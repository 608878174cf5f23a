import { type DataSourceSettings } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';

import { type EditorProps } from '../components/ConfigEditor/props';

type Options = EditorProps['options'];

/** What of the form is stored: two forms that are stored alike have the same text. */
export function stored({ name, url, access, isDefault, jsonData, secureJsonData, secureJsonFields }: Options): string {
  return JSON.stringify([name, url, access, isDefault, jsonData, secureJsonData ?? {}, secureJsonFields ?? {}]);
}

/**
 * Saves the form as Grafana's own button does, for the back end sees only what is saved. Returns what the form has to
 * take over: Grafana refuses a later save that does not know this one.
 */
export async function save(options: Options): Promise<(form: Options) => Options> {
  const { datasource } = await getBackendSrv().put<{ datasource: Partial<DataSourceSettings> }>(
    `/api/datasources/uid/${options.uid}`,
    options
  );
  return (form) => ({
    ...form,
    version: datasource.version ?? form.version,
    // Secrets are stored now and don't come back; what was typed meanwhile is still to be saved.
    secureJsonFields: { ...form.secureJsonFields, ...datasource.secureJsonFields },
    secureJsonData: Object.fromEntries(
      Object.entries(form.secureJsonData ?? {}).filter(
        ([key, typed]) => typed !== (options.secureJsonData as Record<string, unknown> | undefined)?.[key]
      )
    ),
  });
}
