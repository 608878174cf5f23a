import { type AmpOptions } from '../types';
import { isSigned, readBoolean, readNumber, typedOptions } from './read';

describe('readBoolean', () => {
  it.each([
    [true, true],
    ['true', true],
    ['True ', true],
    ['1', true],
    [1, true],
    [false, false],
    ['false', false],
    ['0', false],
    ['', false],
    [null, false],
    [undefined, false],
  ])('%p is %p', (value, want) => {
    expect(readBoolean(value)).toBe(want);
  });
});

it.each([
  ['40000', 40000],
  [40000, 40000],
  [' 0 ', 0],
  ['', undefined],
  [null, undefined],
  ['many', undefined],
  [NaN, undefined],
])('readNumber(%p) is %p', (value, want) => {
  expect(readNumber(value)).toBe(want);
});

// What the field and the back end take; the library knows one whole number with one unit.
it.each([
  ['60s', '60s'],
  ['250ms', '250ms'],
  ['1m30s', '90s'],
  ['1.5m', '90s'],
  ['>15s', '15s'],
  ['60', '60s'],
  [60, '60s'],
  ['1s500ms', '1500ms'],
  ['0', undefined],
  ['', undefined],
  ['often', undefined],
])('gives the library the interval %p as %p', (timeInterval, want) => {
  expect(typedOptions({ timeInterval } as AmpOptions).timeInterval).toBe(want);
});

// A number without a unit keeps the library's data source from being made at all.
it.each([
  [600, '600s'],
  ['600', '600s'],
  ['1h30m', '5400s'],
  ['0s', '0s'],
  [undefined, undefined],
])('gives it the overlap window %p as %p', (incrementalQueryOverlapWindow, want) => {
  const stored = { incrementalQueryOverlapWindow } as AmpOptions;
  expect(typedOptions(stored).incrementalQueryOverlapWindow).toBe(want);
});

it('takes only a plain false for unsigned', () => {
  expect([undefined, '', true, 'true', false, 'false'].map((sigV4Auth) => isSigned({ sigV4Auth }))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

it('gives the library booleans and numbers, and leaves what was stored alone', () => {
  const stored = Object.freeze({
    disableRecordingRules: 'false',
    incrementalQuerying: 'true',
    seriesLimit: '100',
    maxSamplesProcessedErrorThreshold: null,
    httpMethod: 'GET',
    enableSearchApi: true,
    somethingElse: 'kept',
  }) as unknown as AmpOptions;
  expect(typedOptions(stored)).toMatchObject({
    disableRecordingRules: false,
    incrementalQuerying: true,
    seriesLimit: 100,
    maxSamplesProcessedErrorThreshold: undefined,
    httpMethod: 'GET',
    enableSearchApi: false,
    somethingElse: 'kept',
  });
});

it('leaves the version of a Prometheus to one that is not AMP', () => {
  const old = { prometheusType: 'Cortex', prometheusVersion: '1.0.0' } as AmpOptions;
  expect(typedOptions(old)).toMatchObject({ prometheusType: undefined, prometheusVersion: undefined });
  expect(typedOptions({ ...old, sigV4Auth: false })).toMatchObject(old);
});
