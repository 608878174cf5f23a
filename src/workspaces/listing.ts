import { type ComboboxOption } from '@grafana/ui';

import { withAwsSetting } from '../settings/aws';
import { type EditorProps } from '../components/ConfigEditor/props';

type Options = EditorProps['options'];

/** What the back end's resource `workspaces` answers. */
export interface Listing {
  regions: RegionListing[];
}

/** What one region answered: workspaces, or why there are none. */
export interface RegionListing {
  region: string;
  workspaces: Workspace[];
  /** There are more than were asked for. */
  more?: boolean;
  failure?: Failure;
}

export interface Workspace {
  id: string;
  alias?: string;
  /** ACTIVE, CREATING, UPDATING, DELETING or CREATION_FAILED. */
  status: string;
  /** What the data source's URL becomes. */
  url: string;
}

export interface Failure {
  message: string;
  /** The IAM action that was refused. */
  action?: string;
  errorType?: string;
  remedy?: string;
  requestId?: string;
}

export interface Found extends Workspace {
  region: string;
}

/** All workspaces as they are offered: those that answer first, by alias. */
export function found({ regions }: Listing): Found[] {
  return regions.flatMap(({ region, workspaces }) =>
    workspaces.map((w) => ({ ...w, region })).sort((a, b) => rank(a) - rank(b) || title(a).localeCompare(title(b)))
  );
}

function rank({ status, alias }: Workspace): number {
  return (usable(status) ? 0 : 2) + (alias ? 0 : 1);
}

/** Whether a workspace answers queries. */
export function usable(status: string): boolean {
  return status === 'ACTIVE' || status === 'UPDATING';
}

function title({ alias, id }: Pick<Workspace, 'alias' | 'id'>): string {
  return alias || id;
}

export function toOption(workspace: Found, grouped: boolean): ComboboxOption {
  const { id, alias, status, url, region } = workspace;
  return {
    value: url,
    label: title(workspace),
    description: [alias && id, status].filter(Boolean).join(' · '),
    ...(grouped && { group: region }),
  };
}

/** Every word that is typed must be in alias, id, status or region. */
export function matches({ id, alias = '', status, region }: Found, typed: string): boolean {
  const text = `${alias} ${id} ${status} ${region}`.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Takes a workspace over: its URL and its region, so that they can't contradict each other. */
export function choose<T extends Options>(options: T, { url, region }: Pick<Found, 'url' | 'region'>): T {
  return withAwsSetting({ ...options, url }, 'defaultRegion', region);
}
