import { type EditorProps } from '../components/ConfigEditor/props';
import { type AmpOptions, type AmpSecureOptions } from '../types';
import { readText } from './read';

type Options = EditorProps['options'];

/** What the AWS connection form calls a setting, our name for it, and the other name that is read too. */
const plainNames = [
  ['authType', 'sigV4AuthType', 'authType'],
  ['profile', 'sigV4Profile', 'profile'],
  ['assumeRoleArn', 'sigV4AssumeRoleArn', 'assumeRoleArn'],
  ['externalId', 'sigV4ExternalId', 'externalId'],
  ['defaultRegion', 'sigV4Region', 'defaultRegion'],
  ['endpoint', 'sigV4Endpoint', 'endpoint'],
] as const;

const secretNames = [
  ['accessKey', 'sigV4AccessKey', 'accessKey'],
  ['secretKey', 'sigV4SecretKey', 'secretKey'],
  ['sessionToken', 'sigV4SessionToken', 'sessionToken'],
] as const;

export type PlainName = (typeof plainNames)[number][0];
export type SecretName = (typeof secretNames)[number][0];

/** A setting under whichever of its two names it was stored. */
export function awsSetting(jsonData: AmpOptions, name: PlainName): string {
  const [, ours, alias] = plainNames.find(([n]) => n === name)!;
  const value = readText(jsonData[ours]).trim() || readText(jsonData[alias]).trim();
  // Grafana's AWS forms write this word for "not chosen"; as an auth type it is a choice.
  return value === 'default' && name !== 'authType' ? '' : value;
}

/** Changes a setting under the name it was stored with; a new one gets our name. */
export function withAwsSetting<T extends Options>(options: T, name: PlainName, value: string | undefined): T {
  const [, ours, alias] = plainNames.find(([n]) => n === name)!;
  const jsonData = { ...options.jsonData };
  const stored = [ours, alias].filter((key) => jsonData[key] !== undefined);
  for (const key of stored.length > 0 ? stored : [ours]) {
    if (value) {
      jsonData[key] = value;
    } else {
      delete jsonData[key];
    }
  }
  return { ...options, jsonData };
}

/** Pairs of names that hold different values, which the back end refuses. */
export function awsConflicts(jsonData: AmpOptions): string[] {
  return plainNames.flatMap(([, ours, alias]) => {
    const [a, b] = [readText(jsonData[ours]).trim(), readText(jsonData[alias]).trim()];
    return a && b && a !== b
      ? [`${ours} is "${a}", but ${alias}, another name for it, is "${b}": remove one of them`]
      : [];
  });
}

function secretKeys(options: Options, name: SecretName): Array<keyof AmpSecureOptions> {
  const [, ours, alias] = secretNames.find(([n]) => n === name)!;
  const stored = [ours, alias].filter(
    (key) => options.secureJsonFields?.[key] || (options.secureJsonData && key in options.secureJsonData)
  );
  return stored.length > 0 ? stored : [ours];
}

/** Whether a secret is stored, and what has been typed for it. */
export function awsSecret(options: Options, name: SecretName): { stored: boolean; typed: string } {
  const keys = secretKeys(options, name);
  return {
    stored: keys.some((key) => options.secureJsonFields?.[key]),
    typed: keys.map((key) => options.secureJsonData?.[key]).find(Boolean) ?? '',
  };
}

export function withAwsSecret<T extends Options>(options: T, name: SecretName, typed: string): T {
  const secureJsonData = { ...options.secureJsonData };
  for (const key of secretKeys(options, name)) {
    secureJsonData[key] = typed;
  }
  return { ...options, secureJsonData };
}

/** Forgets a stored secret, so that another one can be typed. */
export function withoutAwsSecret<T extends Options>(options: T, name: SecretName): T {
  const next = withAwsSecret(options, name, '');
  const secureJsonFields = { ...options.secureJsonFields };
  for (const key of secretKeys(options, name)) {
    secureJsonFields[key] = false;
  }
  return { ...next, secureJsonFields };
}

/** The settings under the names that the AWS connection form knows. */
export function toConnection(options: Options) {
  const jsonData: Partial<Record<PlainName, string>> = {};
  for (const [name] of plainNames) {
    jsonData[name] = awsSetting(options.jsonData, name);
  }
  const secrets = secretNames.map(([name]) => [name, awsSecret(options, name)] as const);
  return {
    ...options,
    // Shown, not stored: a data source without an auth type uses the SDK's chain.
    jsonData: { ...jsonData, authType: knownAuthType(jsonData.authType ?? '') },
    secureJsonData: Object.fromEntries(secrets.map(([name, s]) => [name, s.typed])),
    secureJsonFields: Object.fromEntries(secrets.map(([name, s]) => [name, s.stored])),
  };
}

type Connection = ReturnType<typeof toConnection>;

/** Takes over what the form changed, and nothing else: the form returns only the keys it knows. */
export function fromConnection(options: Options, next: Connection): Options {
  const before = toConnection(options);
  let out = options;
  for (const [name] of plainNames) {
    if ((next.jsonData[name] ?? '') !== (before.jsonData[name] ?? '')) {
      out = withAwsSetting(out, name, next.jsonData[name]);
    }
  }
  for (const [name] of secretNames) {
    if (before.secureJsonFields[name] && !next.secureJsonFields?.[name]) {
      out = withoutAwsSecret(out, name);
    } else if ((next.secureJsonData?.[name] ?? '') !== before.secureJsonData[name]) {
      out = withAwsSecret(out, name, next.secureJsonData[name]);
    }
  }
  return out;
}

const authTypes = ['default', 'keys', 'credentials', 'ec2_iam_role', 'grafana_assume_role'];

function knownAuthType(stored: string): string {
  return authTypes.includes(stored) ? stored : 'default';
}

export function isKnownAuthType(stored: string): boolean {
  return stored === '' || stored === 'arn' || authTypes.includes(stored);
}
