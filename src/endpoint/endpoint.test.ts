import { readFileSync } from 'fs';
import { resolve } from 'path';

import { EndpointError } from './errors';
import { type Endpoint, parseEndpoint } from './parse';
import { partitions } from './partitions';

interface Case {
  name: string;
  raw: string;
  region?: string;
  plain?: boolean;
  want?: Partial<Endpoint> & { remoteWrite: string; controlPlane: string; arn?: string };
  error?: string;
}

function backEnd<T>(path: string): T {
  return JSON.parse(readFileSync(resolve(__dirname, '../../pkg/amp', path), 'utf8'));
}

const cases = backEnd<Case[]>('testdata/endpoints.json');

describe('parseEndpoint, with the table of the back end', () => {
  it('has a table', () => {
    expect(cases.length).toBeGreaterThan(50);
  });

  it.each(cases.map((c): [string, Case] => [c.name, c]))('%s', (_, c) => {
    // The back end's plain reader is given no region.
    const parse = () => parseEndpoint(c.raw, c.plain ? '' : c.region, !c.plain);
    if (c.error) {
      expect(parse).toThrow(EndpointError);
      expect(parse).toThrow(c.error);
      return;
    }
    const { remoteWrite, controlPlane, arn, ...want } = c.want!;
    expect(parse()).toEqual({ warnings: [], ...want });
  });
});

describe('parseEndpoint, beyond the table', () => {
  it.each([
    ['a space inside', 'https://aps-workspaces.us-east-1.amazonaws.com/work spaces'],
    ['a port that is no number', 'https://aps-workspaces.us-east-1.amazonaws.com:x/workspaces'],
    ['a broken escape', 'https://aps-workspaces.us-east-1.amazonaws.com/%zz'],
  ])('refuses %s and says what to paste', (_, raw) => {
    expect(() => parseEndpoint(raw)).toThrow(/is not a URL \(.*; paste https:\/\/aps-workspaces/);
  });

  it('never repeats a password', () => {
    expect(() => parseEndpoint('https://me:hunter2@example.com')).toThrow(/^(?!.*hunter2)/);
  });
});

it('knows the partitions of the back end', () => {
  const file = backEnd<{
    partitions: Array<{
      id: string;
      outputs: { dnsSuffix: string; dualStackDnsSuffix: string };
      regionRegex: string;
      regions: Record<string, unknown>;
    }>;
  }>('partitions.json');
  expect(partitions.map((p) => ({ ...p, regionShape: p.regionShape.source }))).toEqual(
    file.partitions.map((p) => ({
      id: p.id,
      dnsSuffix: p.outputs.dnsSuffix,
      dualStackDnsSuffix: p.outputs.dualStackDnsSuffix,
      regionShape: p.regionRegex,
      regions: Object.keys(p.regions)
        .filter((r) => !r.endsWith('-global'))
        .sort(),
    }))
  );
});
