import { PrometheusDatasource } from '@grafana/prometheus';
import { type BackendSrvRequest, isFetchError } from '@grafana/runtime';

import { causeOf, sentence } from './text';

/** Why a list could not be had. */
export interface Failure {
  /** Everything that is known of it. */
  cause: string;
  /** What to do about it, where the back end knows. */
  remedy?: string;
}

export function failureOf(error: unknown): Failure {
  const data: { remedy?: string; requestId?: string } | undefined = isFetchError(error) ? error.data : undefined;
  const request = data?.requestId ? ` (request id ${data.requestId})` : '';
  return { cause: causeOf(error), remedy: data?.remedy && sentence(data.remedy + request) };
}

/** The part of the library's language provider by which it looks anything up; its class is not exported. */
interface Provider {
  request: (url: string, params?: object, options?: Partial<BackendSrvRequest>) => Promise<unknown>;
}

/**
 * Makes the look-ups of editors end in an empty list where they fail, as the library does, but without a word in the
 * browser's console: the data source remembers the cause, and the lists show it.
 */
export function quietly(datasource: PrometheusDatasource): void {
  const provider = datasource.languageProvider as unknown as Provider;
  provider.request = async (...args) => {
    try {
      return await ask(datasource, args);
    } catch {
      return undefined;
    }
  };
}

/** The same data source with look-ups that fail aloud, with their cause as text. */
export function aloud(datasource: PrometheusDatasource): PrometheusDatasource {
  const loud: PrometheusDatasource = Object.create(datasource, {
    metadataRequest: {
      value: async (...args: Parameters<PrometheusDatasource['metadataRequest']>) => {
        try {
          return await datasource.metadataRequest(...args);
        } catch (error) {
          throw isCancelled(error) ? error : new Error(causeOf(error));
        }
      },
    },
    // The library's own, which ask the provider below.
    getTagKeys: { value: PrometheusDatasource.prototype.getTagKeys },
    getTagValues: { value: PrometheusDatasource.prototype.getTagValues },
  });
  const NewProvider = datasource.languageProvider.constructor as new (d: PrometheusDatasource) => Provider;
  const provider = new NewProvider(loud);
  provider.request = (...args) => ask(loud, args);
  Object.defineProperty(loud, 'languageProvider', { value: provider });
  return loud;
}

async function ask(datasource: PrometheusDatasource, [url, params, options]: Parameters<Provider['request']>) {
  return (await datasource.metadataRequest(url, params, options)).data.data;
}

/** Whether a request is for a list of metrics, labels or values. Descriptions of metrics are an extra. */
export const isList = (url: string) => /\/api\/v1\/(labels|label\/.+|series)$/.test(url);

export function isCancelled(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'cancelled' in error && Boolean(error.cancelled);
}
