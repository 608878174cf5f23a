import { type EditorProps } from '../components/ConfigEditor/props';
import { choose, type Found, found, matches, toOption } from './listing';

const ws = (n: number, more: Partial<Found> = {}): Found => ({
  id: `ws-${n}`,
  status: 'ACTIVE',
  url: `https://aps/workspaces/ws-${n}/`,
  region: 'eu-west-1',
  ...more,
});

it('offers what answers first, by alias, and what has none last', () => {
  const workspaces = [ws(1), ws(2, { alias: 'b' }), ws(3, { alias: 'a', status: 'DELETING' }), ws(4, { alias: 'A' })];
  const listing = { regions: [{ region: 'eu-west-1', workspaces }] };
  expect(found(listing).map(({ id }) => id)).toEqual(['ws-4', 'ws-2', 'ws-1', 'ws-3']);
});

it('shows alias, id and status, and the region where there are several', () => {
  expect(toOption(ws(1, { alias: 'production' }), false)).toEqual({
    value: 'https://aps/workspaces/ws-1/',
    label: 'production',
    description: 'ws-1 · ACTIVE',
  });
  expect(toOption(ws(2, { status: 'CREATING' }), true)).toEqual({
    value: 'https://aps/workspaces/ws-2/',
    label: 'ws-2',
    description: 'CREATING',
    group: 'eu-west-1',
  });
});

it.each([
  ['', true],
  ['PROD', true],
  ['prod eu-w', true],
  ['ws-1', true],
  ['active', true],
  ['prod us-', false],
])('finds by every word of %j: %s', (typed, is) => {
  expect(matches(ws(1, { alias: 'production' }), typed)).toBe(is);
});

it('takes URL and region over together, under the name the region was stored with', () => {
  const options = { url: 'x', jsonData: { defaultRegion: 'us-east-1', timeInterval: '60s' } } as EditorProps['options'];
  expect(choose(options, ws(1))).toEqual({
    url: 'https://aps/workspaces/ws-1/',
    jsonData: { defaultRegion: 'eu-west-1', timeInterval: '60s' },
  });
});
