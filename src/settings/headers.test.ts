import { type EditorProps } from '../components/ConfigEditor/props';
import { addHeader, changeHeader, readHeaders, removeHeader, resetHeader } from './headers';

type Options = EditorProps['options'];

const two = {
  jsonData: { httpHeaderName1: 'X-A', httpHeaderName10: 'X-B', timeInterval: '15s' },
  secureJsonFields: { httpHeaderValue1: true, httpHeaderValue10: true, sigV4SecretKey: true },
  secureJsonData: {},
} as unknown as Options;

it('reads headers in the order of their numbers', () => {
  expect(readHeaders(two)).toEqual([
    { index: 1, name: 'X-A', stored: true, typed: '' },
    { index: 10, name: 'X-B', stored: true, typed: '' },
  ]);
});

it('removes one without moving the values of the others', () => {
  const got = removeHeader(two, 1);
  expect(got.jsonData).toEqual({ httpHeaderName10: 'X-B', timeInterval: '15s' });
  expect(got.secureJsonFields).toEqual({ httpHeaderValue1: false, httpHeaderValue10: true, sigV4SecretKey: true });
});

it('adds one behind the last', () => {
  const got = changeHeader(addHeader(two), 11, { name: 'X-C', typed: 'v' });
  expect(readHeaders(got)[2]).toEqual({ index: 11, name: 'X-C', stored: false, typed: 'v' });
});

it('forgets a value and keeps the name', () => {
  expect(readHeaders(resetHeader(two, 1))[0]).toEqual({ index: 1, name: 'X-A', stored: false, typed: '' });
});
