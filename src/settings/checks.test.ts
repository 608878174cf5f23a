import { type EditorProps } from '../components/ConfigEditor/props';
import { type AmpOptions } from '../types';
import { checkAddress, checkConnection, checkQueries, checkRegionSetting, readEndpoint } from './checks';

type Options = EditorProps['options'];

const options = (jsonData: AmpOptions, more: Partial<Options> = {}) => ({ url: '', jsonData, ...more }) as Options;
const texts = (...args: Parameters<typeof checkConnection>) => checkConnection(...args).map((p) => p.text);

const role = 'arn:aws:iam::111122223333:role/amp-reader';

it.each<[string, AmpOptions, RegExp]>([
  ['a malformed role', { sigV4AssumeRoleArn: 'arn:aws:iam::1:role/x' }, /not the ARN of a role/],
  ['a role by its other name', { assumeRoleArn: 'reader' }, /not the ARN of a role/],
  ['an external id that AWS refuses', { sigV4AssumeRoleArn: role, sigV4ExternalId: 'a b' }, /2 to 1224/],
  ['an external id without a role', { sigV4ExternalId: 'abc' }, /only when a role is assumed/],
  [
    'a role of another partition',
    { sigV4AssumeRoleArn: role, sigV4Region: 'cn-north-1' },
    /"aws", but the region is in "aws-cn"/,
  ],
  ['an unknown provider', { sigV4AuthType: 'magic' }, /"magic" is not an authentication provider/],
  ['keys without an id', { sigV4AuthType: 'keys' }, /the access key id is empty/],
  ['keys without a secret', { authType: 'keys' }, /the secret access key is empty/],
])('names %s', (_, jsonData, want) => {
  expect(texts(options(jsonData)).join('\n')).toMatch(want);
});

it.each<[string, AmpOptions]>([
  ['a new data source', {}],
  ['a role in another account', { sigV4AssumeRoleArn: role, sigV4ExternalId: 'grafana:1', sigV4Region: 'eu-west-1' }],
  ['the word default', { sigV4Region: 'default', sigV4AuthType: 'arn' }],
])('says nothing about %s', (_, jsonData) => {
  expect(texts(options(jsonData))).toEqual([]);
});

it('accepts keys that are stored, and asks for the token of temporary ones', () => {
  const jsonData = { sigV4AuthType: 'keys' };
  const secureJsonFields = { sigV4AccessKey: true, sigV4SecretKey: true };
  expect(texts(options(jsonData, { secureJsonFields }))).toEqual([]);

  const typed = {
    secureJsonFields: { sigV4SecretKey: true },
    secureJsonData: { sigV4AccessKey: 'ASIAABCDEFGHIJKLMNOP' },
  };
  expect(texts(options(jsonData, typed))).toEqual([expect.stringMatching(/session token/)]);
});

it('says which setting of Grafana stands in the way', () => {
  expect(texts(options({ sigV4AuthType: 'ec2_iam_role' }), { providers: ['default', 'keys'] })).toEqual([
    expect.stringMatching(/allowed_auth_providers/),
  ]);
  expect(texts(options({ sigV4AssumeRoleArn: role }), { assumeRole: false })).toEqual([
    expect.stringMatching(/assume_role_enabled/),
  ]);
});

describe('readEndpoint', () => {
  const url = 'https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-12345678-90ab-cdef-1234-567890abcdef';

  it('reads the URL with the region under either name', () => {
    expect(readEndpoint({ url, jsonData: {} }).endpoint?.region).toBe('us-east-1');
    expect(readEndpoint({ url, jsonData: { defaultRegion: 'eu-west-1' } }).error?.message).toMatch(
      /"eu-west-1".*"us-east-1"/
    );
  });

  it('is silent about an empty URL', () => {
    expect(readEndpoint({ url: ' ', jsonData: {} })).toEqual({});
  });

  it('needs no region when nothing is signed', () => {
    expect(readEndpoint({ url: 'localhost:9090', jsonData: { sigV4Auth: 'false' } }).endpoint?.base).toBe(
      'http://localhost:9090/'
    );
  });
});

it('warns of a threshold that is set twice', () => {
  const customQueryParameters = 'max_samples_processed_error_threshold=5';
  expect(checkQueries(options({ customQueryParameters }))).toEqual([]);
  expect(checkQueries(options({ customQueryParameters, maxSamplesProcessedErrorThreshold: 9 }))).toHaveLength(1);
});

it.each<[string, AmpOptions, string, RegExp]>([
  ['a misspelt region', { sigV4Region: 'us-esat-1' }, 'error', /nearest one is "us-east-1"/],
  ['an availability zone', { defaultRegion: 'us-east-1a' }, 'error', /its region is "us-east-1"/],
  ['a region to come', { sigV4Region: 'us-east-3' }, 'warning', /not known to this version/],
])('judges %s', (_, jsonData, severity, want) => {
  expect(checkRegionSetting(options(jsonData))).toEqual({ severity, text: expect.stringMatching(want) });
});

it.each(['', 'default', 'us-east-1'])('takes the region %j', (sigV4Region) => {
  expect(checkRegionSetting(options({ sigV4Region }))).toBeUndefined();
});

const workspace = 'https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-12345678-90ab-cdef-1234-567890abcdef/';

it.each([
  '',
  'vpce-1-2.aps-workspaces.us-east-1.vpce.amazonaws.com',
  'https://vpce-1-2.aps-workspaces.us-east-1.vpce.amazonaws.com/',
  '10.0.0.7:8443',
  'http://localhost:9099',
  'sts.us-east-1.amazonaws.com',
  'https://sts-fips.us-east-1.amazonaws.com',
  'sts.amazonaws.com',
])('connects to %j', (sigV4Endpoint) => {
  expect(checkAddress(options({ sigV4Endpoint }, { url: workspace }))).toBeUndefined();
});

it.each([
  ['vpce-1-2.aps-workspaces.eu-west-1.vpce.amazonaws.com', /in region "us-east-1" but .* in "eu-west-1"/],
  ['ftp://example.com', /not a host or its URL/],
  ['https://me@example.com', /not a host or its URL/],
  ['a b', /not a host or its URL/],
  ['sts.example.com', /not an https host of AWS/],
  ['http://sts.us-east-1.amazonaws.com', /not an https host of AWS/],
])('does not connect to %j', (endpoint, want) => {
  expect(checkAddress(options({ endpoint }, { url: workspace }))?.text).toMatch(want);
});
