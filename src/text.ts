import { isFetchError } from '@grafana/runtime';

/** Upper case at the beginning and a full stop at the end, as texts of the back end have neither; names stay as they are. */
export function sentence(text: string): string {
  const begun = text.replace(/^[a-z](?=[a-z']*([\s,;]|$))/, (letter) => letter.toUpperCase());
  return begun === '' || /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** What an error of Grafana's HTTP API says. */
export function causeOf(error: unknown): string {
  if (isFetchError(error)) {
    const data: { message?: string; error?: string; Message?: string } = error.data ?? {};
    return data.message || data.Message || data.error || error.statusText || `status ${error.status}`;
  }
  return error instanceof Error ? error.message : String(error);
}
