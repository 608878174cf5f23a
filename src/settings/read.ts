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

const milliseconds = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5, y: 31536e6 };

/**
 * An interval in the library's own words, one whole number with one unit: to it 1m30s is a minute, and >15s or 0, which
 * the back end takes as well, an error in every panel. undefined for the default.
 */
export function readInterval(value: unknown): string | undefined {
  const text = readText(value)
    .trim()
    .replace(/^[<>]+/, '');
  const parts = /^(\d+(\.\d+)?(ms|[smhdwy]))+$/.test(text) ? [...text.matchAll(/([\d.]+)(ms|[smhdwy])/g)] : [];
  const ms = parts.length
    ? parts.reduce((sum, [, n, unit]) => sum + Number(n) * milliseconds[unit as keyof typeof milliseconds], 0)
    : Number(text) * 1e3;
  if (!(ms > 0)) {
    return undefined;
  }
  return /^\d+[a-z]+$/.test(text) ? text : ms % 1e3 === 0 ? `${ms / 1e3}s` : `${Math.round(ms)}ms`;
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

const texts = ['queryTimeout', 'httpMethod', 'customQueryParameters', 'incrementalQueryOverlapWindow'] as const;

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
  out.timeInterval = readInterval(out.timeInterval);
  // Here 0s is no default, but a window of nothing.
  out.incrementalQueryOverlapWindow =
    readInterval(out.incrementalQueryOverlapWindow) ?? out.incrementalQueryOverlapWindow;
  if (isSigned(jsonData)) {
    // AMP is of no version: what is stored of another server's would only keep the library from using the labels API.
    out.prometheusType = out.prometheusVersion = undefined;
  }
  // AMP has no search API and no exemplars.
  return { ...out, enableSearchApi: false, exemplarTraceIdDestinations: undefined };
}
