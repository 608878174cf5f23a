export const host = 'aps-workspaces.eu-central-1.amazonaws.com';

/** What people paste where a workspace is asked for, of this id and ARN in eu-central-1. */
export const pasted: Record<string, (id: string, arn: string) => string> = {
  'the query URL': (id) => `https://${host}/workspaces/${id}/api/v1/query`,
  'the remote-write URL': (id) => `https://${host}/workspaces/${id}/api/v1/remote_write`,
  'a URL without a slash at its end': (id) => `https://${host}/workspaces/${id}`,
  'a URL without its scheme': (id) => `${host}/workspaces/${id}/`,
  'an id': (id) => id,
  'an ARN': (_, arn) => arn,
  "the console's page": (id) =>
    `https://eu-central-1.console.aws.amazon.com/prometheus/home?region=eu-central-1#/workspaces/workspace/${id}`,
  'a VPC endpoint': (id) =>
    `https://vpce-0a1b2c3d-e4f5.aps-workspaces.eu-central-1.vpce.amazonaws.com/workspaces/${id}`,
  'the dual-stack host': (id) => `https://aps-workspaces.eu-central-1.api.aws/workspaces/${id}/`,
  'the FIPS host': (id) => `https://aps-workspaces-fips.eu-central-1.amazonaws.com/workspaces/${id}/`,
};
