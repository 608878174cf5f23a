import { type DataSourceInstanceSettings } from '@grafana/data';
import { type PromOptions, type PromQuery } from '@grafana/prometheus';

/**
 * What the editor reads and writes in jsonData. The names are those that provisioning files for the
 * core Prometheus data source (SigV4) and for Amazon's plugin already use.
 */
export interface AmpOptions extends PromOptions {
  /** Signed unless plainly false. A new data source does not write the key. */
  sigV4Auth?: boolean | string;
  sigV4AuthType?: string;
  sigV4Region?: string;
  sigV4Profile?: string;
  sigV4AssumeRoleArn?: string;
  sigV4ExternalId?: string;
  /** Where to connect when it differs from the host to sign for, such as a VPC endpoint; or an STS endpoint. */
  sigV4Endpoint?: string;
  /** The signing name; `aps` when unset. The small v is what the core data source writes. */
  sigv4Service?: string;

  /** How long the HTTP client waits: a duration, or a number of seconds. */
  timeout?: number | string;
  tlsAuth?: boolean | string;
  tlsAuthWithCACert?: boolean | string;
  tlsSkipVerify?: boolean | string;

  // Names used by other AWS data sources, and read here too.
  authType?: string;
  profile?: string;
  assumeRoleArn?: string;
  externalId?: string;
  defaultRegion?: string;
  endpoint?: string;
}

export interface AmpSecureOptions {
  sigV4AccessKey?: string;
  sigV4SecretKey?: string;
  sigV4SessionToken?: string;
  accessKey?: string;
  secretKey?: string;
  sessionToken?: string;

  tlsCACert?: string;
  tlsClientCert?: string;
  tlsClientKey?: string;
}

export type AmpQuery = PromQuery;

export type AmpSettings = DataSourceInstanceSettings<AmpOptions>;
