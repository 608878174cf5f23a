import { EndpointError } from '../endpoint/errors';
import { type Endpoint, parseEndpoint } from '../endpoint/parse';
import { isAwsHost, parseAwsHost } from '../endpoint/hosts';
import { checkRegion } from '../endpoint/regions';
import { type EditorProps } from '../components/ConfigEditor/props';
import { awsConflicts, awsSecret, awsSetting, isKnownAuthType } from './aws';
import { isSigned, readText } from './read';

type Options = EditorProps['options'];

export interface Problem {
  severity: 'error' | 'warning';
  text: string;
}

/** What Grafana's own configuration allows; both default to everything. */
export interface Allowed {
  providers?: string[];
  assumeRole?: boolean;
}

const roleArn = /^arn:(aws[a-z-]*):iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;
const externalId = /^[\w+=,.@:/-]{2,1224}$/;
const accessKeyId = /^A[KS]IA[A-Z0-9]{12,124}$/;

const error = (text: string): Problem => ({ severity: 'error', text });
const warning = (text: string): Problem => ({ severity: 'warning', text });

/** What is wrong or unusual with the identity and the region, as far as can be told without asking AWS. */
export function checkConnection(options: Options, allowed: Allowed = {}): Problem[] {
  return [
    ...awsConflicts(options.jsonData).map(error),
    ...checkProvider(options, allowed),
    ...checkKeys(options),
    ...checkRole(options, allowed),
  ];
}

function checkProvider({ jsonData }: Options, { providers }: Allowed): Problem[] {
  const stored = awsSetting(jsonData, 'authType');
  if (!isKnownAuthType(stored)) {
    return [error(`"${stored}" is not an authentication provider`)];
  }
  const used = !stored || stored === 'arn' ? 'default' : stored;
  if (providers && !providers.includes(used)) {
    return [
      error(
        `this Grafana does not allow "${used}": an administrator can add it to allowed_auth_providers in [aws] of grafana.ini`
      ),
    ];
  }
  return [];
}

function checkKeys(options: Options): Problem[] {
  if (awsSetting(options.jsonData, 'authType') !== 'keys') {
    return [];
  }
  const [id, secret, token] = (['accessKey', 'secretKey', 'sessionToken'] as const).map((n) => awsSecret(options, n));
  const out: Problem[] = [];
  if (!id.stored && !id.typed) {
    out.push(error('the access key id is empty'));
  } else if (id.typed && !accessKeyId.test(id.typed)) {
    out.push(warning('an access key id begins with AKIA or ASIA, followed by capital letters and digits'));
  } else if (id.typed.startsWith('ASIA') && !token.stored && !token.typed) {
    out.push(warning('the access key id is of temporary credentials (ASIA…): they need their session token too'));
  }
  if (!secret.stored && !secret.typed) {
    out.push(error('the secret access key is empty'));
  }
  return out;
}

function checkRole({ jsonData }: Options, { assumeRole }: Allowed): Problem[] {
  const arn = awsSetting(jsonData, 'assumeRoleArn');
  const id = awsSetting(jsonData, 'externalId');
  const out: Problem[] = [];
  if (arn && !roleArn.test(arn)) {
    out.push(error(`"${arn}" is not the ARN of a role, such as arn:aws:iam::111122223333:role/amp-reader`));
  }
  if (arn && assumeRole === false) {
    out.push(error('this Grafana does not allow roles to be assumed: see assume_role_enabled in [aws] of grafana.ini'));
  }
  if (id && !externalId.test(id)) {
    out.push(error('an external id has 2 to 1224 letters, digits or any of _+=,.@:/-'));
  }
  if (id && !arn) {
    out.push(warning('the external id is used only when a role is assumed: set the ARN of the role too'));
  }
  const rolePartition = roleArn.exec(arn)?.[1];
  const partition = partitionOf(awsSetting(jsonData, 'defaultRegion'));
  if (rolePartition && partition && rolePartition !== partition) {
    out.push(error(`the role is in partition "${rolePartition}", but the region is in "${partition}"`));
  }
  return out;
}

function partitionOf(region: string): string | undefined {
  try {
    return region ? checkRegion(region).partition : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong or unusual with the region. */
export function checkRegionSetting({ jsonData }: Options): Problem | undefined {
  const region = awsSetting(jsonData, 'defaultRegion');
  if (!region) {
    return undefined;
  }
  try {
    const { warning: unusual } = checkRegion(region);
    return unusual ? warning(unusual) : undefined;
  } catch (e) {
    return error(e instanceof Error ? e.message : String(e));
  }
}

/** What is wrong with the address to connect to, as the back end judges it. */
export function checkAddress(options: Options): Problem | undefined {
  const address = awsSetting(options.jsonData, 'endpoint');
  if (!address) {
    return undefined;
  }
  const [, scheme, host] =
    /^(?:(https?):\/\/)?((?:\[[0-9a-f:.]+\]|[^\s/@:[\]]+)(?::\d+)?)(?:\/\S*)?$/i.exec(address) ?? [];
  if (!host) {
    return error(
      'the endpoint to connect to is not a host or its URL; paste vpce-<id>.aps-workspaces.<region>.vpce.amazonaws.com'
    );
  }
  const hostname = host.toLowerCase().replace(/:\d+$/, '');
  if (/^sts(-fips)?\./.test(hostname)) {
    return scheme?.toLowerCase() === 'http' || !isAwsHost(hostname)
      ? error(
          `"${address}" begins as an STS endpoint but is not an https host of AWS, such as sts.eu-west-1.amazonaws.com`
        )
      : undefined;
  }
  const region = readEndpoint(options).endpoint?.region;
  const there = parseAwsHost(hostname)?.region;
  return region && there && region !== there
    ? error(`the workspace is in region "${region}" but the endpoint to connect to is in "${there}"`)
    : undefined;
}

/** What the URL and the region together mean; neither for an empty URL. */
export function readEndpoint(options: Pick<Options, 'url' | 'jsonData'>): {
  endpoint?: Endpoint;
  error?: EndpointError;
} {
  if (!options.url?.trim()) {
    return {};
  }
  const signed = isSigned(options.jsonData);
  try {
    return {
      endpoint: parseEndpoint(options.url, signed ? awsSetting(options.jsonData, 'defaultRegion') : '', signed),
    };
  } catch (e) {
    if (e instanceof EndpointError) {
      return { error: e };
    }
    throw e;
  }
}

const thresholds = {
  maxSamplesProcessedWarningThreshold: 'max_samples_processed_warning_threshold',
  maxSamplesProcessedErrorThreshold: 'max_samples_processed_error_threshold',
} as const;

export function checkQueries(options: Options): Problem[] {
  const custom = new URLSearchParams(readText(options.jsonData.customQueryParameters));
  return Object.entries(thresholds).flatMap(([key, parameter]) =>
    readText(options.jsonData[key as keyof typeof thresholds]) && custom.has(parameter)
      ? [warning(`the custom query parameters set ${parameter} too: the threshold field wins`)]
      : []
  );
}
