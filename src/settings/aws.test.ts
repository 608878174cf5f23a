import { type EditorProps } from '../components/ConfigEditor/props';
import { type AmpOptions, type AmpSecureOptions } from '../types';
import { awsConflicts, awsSecret, awsSetting, fromConnection, toConnection } from './aws';

type Options = EditorProps['options'];

function stored(
  jsonData: AmpOptions & Record<string, unknown>,
  secureJsonFields: Record<string, boolean> = {},
  secureJsonData: AmpSecureOptions = {}
): Options {
  return { uid: 'amp', url: '', readOnly: false, jsonData, secureJsonFields, secureJsonData } as unknown as Options;
}

// What the shared form does on a change: it returns all it was given, with one value replaced.
function form(options: Options, change: { jsonData?: object; secureJsonData?: object; secureJsonFields?: object }) {
  const c = toConnection(options);
  return fromConnection(options, {
    ...c,
    jsonData: { ...c.jsonData, ...change.jsonData },
    secureJsonData: { ...c.secureJsonData, ...change.secureJsonData },
    secureJsonFields: { ...c.secureJsonFields, ...change.secureJsonFields },
  });
}

const everything = stored(
  {
    sigV4Auth: 'true',
    sigV4AuthType: 'keys',
    sigV4Region: 'us-east-1',
    sigV4AssumeRoleArn: 'arn:aws:iam::111122223333:role/reader',
    timeInterval: '60s',
    httpHeaderName1: 'X-Team',
    unknown: { kept: true },
  },
  { sigV4AccessKey: true, sigV4SecretKey: true, httpHeaderValue1: true, tlsCACert: true }
);

it('changes nothing when the form changes nothing', () => {
  expect(form(everything, {})).toEqual(everything);
});

it('changes one key and keeps all others, secrets too', () => {
  const got = form(everything, { jsonData: { defaultRegion: 'eu-west-1' } });
  expect(got).toEqual({ ...everything, jsonData: { ...everything.jsonData, sigV4Region: 'eu-west-1' } });
});

it('writes our names into a new data source, without sigV4Auth', () => {
  const got = form(stored({}), { jsonData: { authType: 'keys', assumeRoleArn: 'arn:x', externalId: 'e' } });
  expect(got.jsonData).toEqual({ sigV4AuthType: 'keys', sigV4AssumeRoleArn: 'arn:x', sigV4ExternalId: 'e' });
});

it('shows the default provider without storing it', () => {
  expect(toConnection(stored({})).jsonData.authType).toBe('default');
  expect(toConnection(stored({ sigV4AuthType: 'arn' })).jsonData.authType).toBe('default');
});

describe('the other names', () => {
  const aliased = stored(
    { authType: 'keys', assumeRoleArn: 'arn:old', defaultRegion: 'us-east-1' },
    { accessKey: true }
  );

  it('are read', () => {
    expect(toConnection(aliased).jsonData).toMatchObject({ authType: 'keys', assumeRoleArn: 'arn:old' });
    expect(awsSecret(aliased, 'accessKey').stored).toBe(true);
  });

  it('are written back under the name they had, so that two never contradict', () => {
    const got = form(aliased, { jsonData: { assumeRoleArn: 'arn:new' } });
    expect(got.jsonData).toEqual({ authType: 'keys', assumeRoleArn: 'arn:new', defaultRegion: 'us-east-1' });
  });

  it('are forgotten when emptied', () => {
    expect(form(aliased, { jsonData: { assumeRoleArn: '' } }).jsonData).not.toHaveProperty('assumeRoleArn');
  });

  it('that contradict are named', () => {
    expect(awsConflicts({ sigV4Region: 'us-east-1', defaultRegion: 'eu-west-1' })).toEqual([
      'sigV4Region is "us-east-1", but defaultRegion, another name for it, is "eu-west-1": remove one of them',
    ]);
  });

  it('take the word default for no region', () => {
    expect(awsSetting({ defaultRegion: 'default' }, 'defaultRegion')).toBe('');
    expect(awsSetting({ authType: 'default' }, 'authType')).toBe('default');
  });
});

describe('secrets', () => {
  it('typed for the first time get our names', () => {
    const got = form(stored({ sigV4AuthType: 'keys' }), { secureJsonData: { accessKey: 'AKIA', secretKey: 's' } });
    expect(got.secureJsonData).toEqual({ sigV4AccessKey: 'AKIA', sigV4SecretKey: 's' });
  });

  it('are reset one by one, the others staying stored', () => {
    const got = form(everything, { secureJsonData: { accessKey: '' }, secureJsonFields: { accessKey: false } });
    expect(got.secureJsonData).toEqual({ sigV4AccessKey: '' });
    expect(got.secureJsonFields).toEqual({ ...everything.secureJsonFields, sigV4AccessKey: false });
  });

  it('stored under another name are replaced under that name', () => {
    const before = stored({ authType: 'keys' }, { accessKey: true });
    const reset = form(before, { secureJsonData: { accessKey: '' }, secureJsonFields: { accessKey: false } });
    const typed = form(reset, { secureJsonData: { accessKey: 'AKIANEW' } });
    expect(typed.secureJsonData).toEqual({ accessKey: 'AKIANEW' });
  });
});
