import { knownRegions, partitions } from './partitions';

/** A host name of AWS, taken apart. */
export interface AwsHost {
  service: string;
  region: string;
  fips: boolean;
  dualStack: boolean;
  vpce: boolean;
}

/** AWS's host of one service in a region. */
export function hostName(
  service: string,
  region: string,
  partitionId: string,
  fips = false,
  dualStack = false
): string {
  const p = partitions.find(({ id }) => id === partitionId);
  const suffix = (dualStack ? p?.dualStackDnsSuffix : p?.dnsSuffix) ?? '';
  return `${service}${fips ? '-fips' : ''}.${region}.${suffix}`;
}

const regional = /^(?:(vpce-[a-z0-9-]+)\.)?([a-z][a-z0-9-]*?)(-fips)?\.([a-z0-9-]+)$/;

/** Reads <service>[-fips].<region>.<suffix> and the names of VPC endpoints, vpce-<id>.<service>.<region>.vpce.<suffix>. */
export function parseAwsHost(host: string): AwsHost | undefined {
  const cut = cutAwsSuffix(host);
  if (!cut) {
    return undefined;
  }
  const vpce = cut.rest.endsWith('.vpce');
  const m = regional.exec(vpce ? cut.rest.slice(0, -'.vpce'.length) : cut.rest);
  if (!m || (m[1] !== undefined) !== vpce) {
    return undefined;
  }
  return { service: m[2], region: m[4], fips: m[3] !== undefined, dualStack: cut.dualStack, vpce };
}

/** A known region among the labels of another host of AWS, such as an internal load balancer; '' when there is none. */
export function regionInHost(host: string): string {
  const known = knownRegions();
  return (
    cutAwsSuffix(host)
      ?.rest.split('.')
      .find((label) => known.includes(label)) ?? ''
  );
}

/** Whether a host is under a DNS suffix of AWS. */
export function isAwsHost(host: string): boolean {
  return cutAwsSuffix(host) !== undefined;
}

function cutAwsSuffix(host: string): { rest: string; dualStack: boolean } | undefined {
  let best: { rest: string; dualStack: boolean } | undefined;
  let longest = 0;
  for (const p of partitions) {
    for (const suffix of [p.dnsSuffix, p.dualStackDnsSuffix]) {
      // amazonaws.com.cn must not be taken for a name below another suffix.
      if (host.endsWith('.' + suffix) && suffix.length > longest) {
        best = { rest: host.slice(0, -suffix.length - 1), dualStack: suffix === p.dualStackDnsSuffix };
        longest = suffix.length;
      }
    }
  }
  return best;
}
