/** One partition of AWS: its DNS suffixes, the shape of its regions' names, the regions known today. */
export interface Partition {
  id: string;
  dnsSuffix: string;
  dualStackDnsSuffix: string;
  regionShape: RegExp;
  regions: string[];
}

// A test holds this table to pkg/amp/partitions.json, the back end's copy of the SDK's own.
export const partitions: Partition[] = [
  {
    id: 'aws',
    dnsSuffix: 'amazonaws.com',
    dualStackDnsSuffix: 'api.aws',
    regionShape: /^(us|eu|ap|sa|ca|me|af|il|mx)\-\w+\-\d+$/,
    regions: words(`af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
      ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
      ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
      il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2`),
  },
  {
    id: 'aws-cn',
    dnsSuffix: 'amazonaws.com.cn',
    dualStackDnsSuffix: 'api.amazonwebservices.com.cn',
    regionShape: /^cn\-\w+\-\d+$/,
    regions: words('cn-north-1 cn-northwest-1'),
  },
  {
    id: 'aws-eusc',
    dnsSuffix: 'amazonaws.eu',
    dualStackDnsSuffix: 'api.amazonwebservices.eu',
    regionShape: /^eusc\-(de)\-\w+\-\d+$/,
    regions: words('eusc-de-east-1'),
  },
  {
    id: 'aws-iso',
    dnsSuffix: 'c2s.ic.gov',
    dualStackDnsSuffix: 'api.aws.ic.gov',
    regionShape: /^us\-iso\-\w+\-\d+$/,
    regions: words('us-iso-east-1 us-iso-west-1'),
  },
  {
    id: 'aws-iso-b',
    dnsSuffix: 'sc2s.sgov.gov',
    dualStackDnsSuffix: 'api.aws.scloud',
    regionShape: /^us\-isob\-\w+\-\d+$/,
    regions: words('us-isob-east-1 us-isob-west-1'),
  },
  {
    id: 'aws-iso-e',
    dnsSuffix: 'cloud.adc-e.uk',
    dualStackDnsSuffix: 'api.cloud-aws.adc-e.uk',
    regionShape: /^eu\-isoe\-\w+\-\d+$/,
    regions: words('eu-isoe-west-1'),
  },
  {
    id: 'aws-iso-f',
    dnsSuffix: 'csp.hci.ic.gov',
    dualStackDnsSuffix: 'api.aws.hci.ic.gov',
    regionShape: /^us\-isof\-\w+\-\d+$/,
    regions: words('us-isof-east-1 us-isof-south-1'),
  },
  {
    id: 'aws-us-gov',
    dnsSuffix: 'amazonaws.com',
    dualStackDnsSuffix: 'api.aws',
    regionShape: /^us\-gov\-\w+\-\d+$/,
    regions: words('us-gov-east-1 us-gov-west-1'),
  },
];

function words(text: string): string[] {
  return text.split(/\s+/);
}

/** The regions this version knows, sorted. */
export function knownRegions(): string[] {
  return partitions.flatMap((p) => p.regions).sort();
}

/** The regions that share accounts and credentials with one, sorted; all for one that is not known. */
export function regionsOfPartition(region: string): string[] {
  const partition = partitions.find((p) => p.regions.includes(region) || p.regionShape.test(region));
  return partition ? [...partition.regions].sort() : knownRegions();
}
