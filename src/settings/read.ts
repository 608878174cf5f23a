import { type AmpOptions } from '../types';

/** Provisioning files hold "true" and "60000" where booleans and numbers belong; both are read as what they mean. */
export function readBoolean(value: unknown, absent = false): boolean {
  switch (
    String(value ?? '')
      .trim()
      .toLowerCase()
  ) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return absent;
  }
}

export function readNumber(value: unknown): number | undefined {
  if (value === null || value === undefined || String(value).trim() === '') {
    return undefined;
  }
  const n = Number(value);
  return Number.isFinite(n) ? n : undefined;
}

export function readText(value: unknown): string {
  return value === null || value === undefined || typeof value === 'object' ? '' : String(value);
}

/** Requests are signed unless the settings plainly say false, as in the back end. */
export function isSigned(jsonData: Pick<AmpOptions, 'sigV4Auth'>): boolean {
  return readBoolean(jsonData.sigV4Auth, true);
}

const booleans = [
  'disableMetricsLookup',
  'disableRecordingRules',
  'incrementalQuerying',
  'seriesEndpoint',
  'queryStatsEnabled',
] as const;

const numbers = ['seriesLimit', 'maxSamplesProcessedWarningThreshold', 'maxSamplesProcessedErrorThreshold'] as const;

const texts = ['timeInterval', 'queryTimeout', 'httpMethod', 'customQueryParameters'] as const;

/**
 * The options as the shared Prometheus library expects them: it takes the string "false" for true. What is stored
 * stays as it is.
 */
export function typedOptions(jsonData: AmpOptions): AmpOptions {
  const out: AmpOptions = { ...jsonData };
  for (const key of booleans) {
    if (out[key] !== undefined) {
      out[key] = readBoolean(out[key]);
    }
  }
  for (const key of numbers) {
    out[key] = readNumber(out[key]);
  }
  for (const key of texts) {
    if (out[key] !== undefined) {
      out[key] = readText(out[key]);
    }
  }
  if (isSigned(jsonData)) {
    // AMP is of no version: what is stored of another server's would only keep the library from using the labels API.
    out.prometheusType = out.prometheusVersion = undefined;
  }
  // AMP has no search API and no exemplars.
  return { ...out, enableSearchApi: false, exemplarTraceIdDestinations: undefined };
}
