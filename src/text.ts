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

/** A text in lines of at most so many characters, but for words that are longer. */
export function lines(text: string, length: number): string[] {
  const out: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = out[out.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= length) {
      out[out.length - 1] = `${last} ${word}`;
    } else {
      out.push(word);
    }
  }
  return out;
}
