import { EndpointError, quote } from './errors';
import { type AwsHost, hostName, parseAwsHost, regionInHost } from './hosts';
import { checkRegion } from './regions';
import { schemeFor, splitUrl, type TypedUrl } from './url';

/** One workspace, or one plain Prometheus-compatible server, as it was understood from what a user pasted. */
export interface Endpoint {
  /** Ends in a slash; where connections go. */
  base: string;
  /** The Host to send and sign when it is not base's, as behind a VPC endpoint's own name. */
  signHost?: string;
  region?: string;
  partition?: string;
  workspace?: string;
  account?: string;
  /** A host that is not AMP's own: an emulator, a proxy, a load balancer, another Prometheus. */
  custom?: boolean;
  fips?: boolean;
  dualStack?: boolean;
  warnings: string[];
}

export const example = 'https://aps-workspaces.<region>.amazonaws.com/workspaces/<workspace-id>';
const arnForm = 'arn:<partition>:aps:<region>:<account>:workspace/<workspace-id>';
const maxPasted = 4096;

const workspaceUuid = /^ws-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const workspaceOther = /^ws-[0-9A-Za-z][0-9A-Za-z-]{0,60}$/;
const workspaceInText = /ws-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const inWorkspaces = /^(.*?)\/workspaces(?:\/([^/]*)(\/.*)?)?$/s;
const consoleHost = /^(?:([a-z0-9-]+)\.)?console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)$/;
const plainTail = /\/(?:api(?:\/v1(?:\/.*)?)?|graph|query)?$/;
const apiTail = /^\/?$|^\/api\/?$|^\/api\/v1(?:\/.*)?$|^\/alertmanager(?:\/.*)?$/;

/**
 * Reads what people paste: a workspace's URL in any form, a bare workspace id (region needed), an ARN, the console's
 * URL, a VPC endpoint, a custom host (region needed when signed). It says what the back end's reader says, and both
 * are tested with the same table. Throws EndpointError.
 */
export function parseEndpoint(pasted: string, configuredRegion = '', signed = true): Endpoint {
  const raw = pasted.replace(/^[ \t\r\n"'`]+|[ \t\r\n"'`]+$/g, '');
  const region = configuredRegion.trim();
  if (raw === '') {
    throw new EndpointError('no URL is set', example);
  }
  if (raw.length > maxPasted) {
    throw new EndpointError(`the URL has ${raw.length} characters`, example);
  }
  if (/[<>{}$]/.test(raw)) {
    throw new EndpointError(
      `${quote(raw)} still holds a placeholder: put your own region and workspace id in its place`
    );
  }
  if (raw.startsWith('arn:')) {
    return fromArn(raw, region);
  }
  if (raw.startsWith('ws-') && !/[./:]/.test(raw)) {
    return fromId(raw, region);
  }
  const u = readUrl(raw);
  const console = consoleHost.exec(u.hostname);
  if (console) {
    return fromConsole(u, console[1] ?? '', region);
  }
  const host = parseAwsHost(u.hostname);
  if (host?.service === 'aps-workspaces') {
    return fromAws(u, host, region);
  }
  if (host?.service === 'aps') {
    throw controlPlane(u, host, region);
  }
  if (u.hostname.includes('.grafana-workspace.')) {
    const which = quote(u.hostname);
    throw new EndpointError(
      `${which} is a workspace of Managed Grafana, not of Managed Service for Prometheus`,
      example
    );
  }
  return fromCustom(u, region, signed);
}

function readUrl(raw: string): TypedUrl {
  let text = raw;
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) {
    const host = text.split('/', 1)[0];
    if (!/[.:]/.test(host) && host !== 'localhost') {
      throw new EndpointError(`${quote(raw)} is neither a URL nor a workspace id nor an ARN`, example);
    }
    text = `${schemeFor(host)}://${text}`;
  }
  const u = splitUrl(text, raw, example);
  if (u.scheme !== 'http' && u.scheme !== 'https') {
    throw new EndpointError(`the URL begins with ${quote(u.scheme)}, not https`, example);
  }
  if (u.hostname === '') {
    throw new EndpointError('the URL names no host', example);
  }
  if (u.userInfo) {
    throw new EndpointError('the URL holds a user name or password; remove it');
  }
  if (u.oddlyEncoded || u.path.includes('..')) {
    throw new EndpointError(`the path ${quote(u.escapedPath)} of the URL holds an encoded slash or ..`, example);
  }
  return u;
}

type Where = Pick<Endpoint, 'region' | 'partition' | 'warnings'> & { region: string; partition: string };

/** Decides the region from what was pasted ('' when it names none) and what is configured. */
function settle(configured: string, pasted: string, where: string): Where {
  if (pasted && configured && configured !== pasted) {
    throw new EndpointError(
      `the region is set to ${quote(configured)} but ${where} says ${quote(pasted)}: remove the one or correct the other`
    );
  }
  const region = pasted || configured;
  if (/[<>{}$]/.test(region)) {
    throw new EndpointError(
      `the region ${quote(region)} is a placeholder: put a region such as us-east-1 in its place`
    );
  }
  const { partition, warning } = checkRegion(region);
  return { region, partition, warnings: warning ? [warning] : [] };
}

function workspaceAt(where: Where, workspace: string, fips = false, dualStack = false): Endpoint {
  const host = hostName('aps-workspaces', where.region, where.partition, fips, dualStack);
  return { ...where, workspace, base: `https://${host}/workspaces/${workspace}/` };
}

function fromArn(raw: string, region: string): Endpoint {
  const [, partition, service, arnRegion, account, ...rest] = raw.split(':');
  if (rest.length === 0 || service !== 'aps') {
    throw new EndpointError(`${quote(raw)} is not the ARN of a workspace`, `${arnForm} or ${example}`);
  }
  const [, id] = /^workspace\/(.*)$/s.exec(rest.join(':')) ?? [];
  if (!id || !workspaceUuid.test(id)) {
    throw new EndpointError(
      `${quote(raw)} is the ARN of AMP in ${arnRegion} but of no workspace`,
      `${arnForm} or ${example}`
    );
  }
  const where = settle(region, arnRegion, 'the ARN');
  if (partition !== where.partition) {
    throw new EndpointError(
      `the ARN says partition ${quote(partition)}, but region ${quote(where.region)} is in ${quote(where.partition)}`
    );
  }
  return { ...workspaceAt(where, id), account };
}

function fromId(raw: string, region: string): Endpoint {
  if (!workspaceUuid.test(raw)) {
    throw new EndpointError(`${quote(raw)} is not a workspace id, which is ws- and 36 characters`, example);
  }
  if (region === '') {
    throw new EndpointError(`${quote(raw)} is a workspace id without its region: set the region, or paste ${example}`);
  }
  return workspaceAt(settle(region, '', ''), raw);
}

function fromConsole(u: TypedUrl, hostRegion: string, configured: string): Endpoint {
  const id = workspaceInText.exec(`${u.fragment} ${u.path}`)?.[0];
  const region = u.query.get('region') || hostRegion;
  if (!id || !region) {
    throw new EndpointError(`${quote(u.host)} is the AWS console, without a workspace and its region`, example);
  }
  return workspaceAt(settle(configured, region, "the console's URL"), id);
}

function fromAws(u: TypedUrl, host: AwsHost, configured: string): Endpoint {
  const where = settle(configured, host.region, 'the URL');
  const canonical = hostName('aps-workspaces', where.region, where.partition, host.fips, host.dualStack);
  if (!host.vpce && u.hostname !== canonical) {
    throw new EndpointError(
      `region ${quote(where.region)} is in partition ${quote(where.partition)}, whose host is ${quote(canonical)}, but the URL says ${quote(u.hostname)}`
    );
  }
  const id = workspaceInPath(u, canonical, where.region);
  const out = workspaceAt(where, id, host.fips, host.dualStack);
  if (host.fips) {
    out.fips = true;
  }
  if (host.dualStack) {
    out.dualStack = true;
  }
  if (host.vpce) {
    out.signHost = canonical;
    out.base = `https://${u.host}/workspaces/${id}/`;
  }
  if (u.scheme === 'http') {
    out.warnings = [...out.warnings, 'http was changed to https: AWS answers nothing else'];
  }
  return out;
}

function workspaceInPath(u: TypedUrl, canonical: string, region: string): string {
  const root = `https://${canonical}/workspaces/`;
  const [, before = '', id = '', after = ''] = inWorkspaces.exec(u.path) ?? [];
  if (id === '') {
    throw new EndpointError(`the URL is of AMP in ${region} but names no workspace`, `${root}<workspace-id>`);
  }
  if (before !== '') {
    throw new EndpointError(`the path has ${quote(before)} before /workspaces`, root + id);
  }
  if (!workspaceUuid.test(id)) {
    throw new EndpointError(
      `${quote(id)} is not a workspace id, which is ws- and 36 characters`,
      `${root}<workspace-id>`
    );
  }
  if (!apiTail.test(after)) {
    throw new EndpointError(`${quote(after)} after the workspace is no part of AMP's API`, root + id);
  }
  return id;
}

/** The other host of AMP; the error says which one is meant. */
function controlPlane(u: TypedUrl, host: AwsHost, configured: string): EndpointError {
  const where = settle(configured, host.region, 'the URL');
  const id = inWorkspaces.exec(u.path)?.[2] ?? '';
  const right = hostName('aps-workspaces', where.region, where.partition, host.fips, host.dualStack);
  return new EndpointError(
    `${quote(u.host)} is where workspaces are managed, queries go elsewhere`,
    `https://${right}/workspaces/${workspaceUuid.test(id) ? id : '<workspace-id>'}`
  );
}

function fromCustom(u: TypedUrl, configured: string, signed: boolean): Endpoint {
  const hostRegion = regionInHost(u.hostname);
  if (!hostRegion && !configured && signed) {
    throw new EndpointError(`the host ${quote(u.host)} names no region to sign for: set the region`);
  }
  const where = hostRegion || configured ? settle(configured, hostRegion, 'the URL') : { warnings: [] };
  const origin = `${u.scheme}://${u.host}`;
  const [found, prefix = '', id = '', after = ''] = inWorkspaces.exec(u.path) ?? [];
  if (found === undefined || (!signed && !id.startsWith('ws-'))) {
    const path = u.path.replace(plainTail, '').replace(/\/+$/, '');
    return { ...where, custom: true, base: `${origin}${path}/` };
  }
  const root = `${origin}${prefix}/workspaces/`;
  if (id === '') {
    throw new EndpointError('the URL names no workspace', `${root}<workspace-id>`);
  }
  if (!workspaceOther.test(id)) {
    throw new EndpointError(`${quote(id)} is not a workspace id`, `${root}<workspace-id>`);
  }
  if (!apiTail.test(after)) {
    throw new EndpointError(`${quote(after)} after the workspace is no part of AMP's API`, root + id);
  }
  return { ...where, custom: true, workspace: id, base: `${root}${id}/` };
}
