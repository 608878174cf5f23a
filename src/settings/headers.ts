import { type EditorProps } from '../components/ConfigEditor/props';

type Options = EditorProps['options'];

export interface Header {
  /** The number behind httpHeaderName and httpHeaderValue. A header keeps it, since its stored value can't move. */
  index: number;
  name: string;
  stored: boolean;
  typed: string;
}

const nameKey = /^httpHeaderName(\d+)$/;

export function readHeaders(options: Options): Header[] {
  const secrets = (options.secureJsonData ?? {}) as Record<string, string | undefined>;
  return Object.entries(options.jsonData)
    .flatMap(([key, name]) => {
      const index = Number(nameKey.exec(key)?.[1]);
      return index
        ? [
            {
              index,
              name: String(name ?? ''),
              stored: Boolean(options.secureJsonFields?.[`httpHeaderValue${index}`]),
              typed: secrets[`httpHeaderValue${index}`] ?? '',
            },
          ]
        : [];
    })
    .sort((a, b) => a.index - b.index);
}

export function addHeader(options: Options): Options {
  const index = Math.max(0, ...readHeaders(options).map((h) => h.index)) + 1;
  return changeHeader(options, index, { name: '' });
}

export function changeHeader(options: Options, index: number, to: { name?: string; typed?: string }): Options {
  const out = { ...options };
  if (to.name !== undefined) {
    out.jsonData = { ...options.jsonData, [`httpHeaderName${index}`]: to.name };
  }
  if (to.typed !== undefined) {
    out.secureJsonData = { ...options.secureJsonData, [`httpHeaderValue${index}`]: to.typed };
  }
  return out;
}

export function resetHeader(options: Options, index: number): Options {
  return {
    ...changeHeader(options, index, { typed: '' }),
    secureJsonFields: { ...options.secureJsonFields, [`httpHeaderValue${index}`]: false },
  };
}

export function removeHeader(options: Options, index: number): Options {
  const out = resetHeader(options, index);
  out.jsonData = Object.fromEntries(Object.entries(out.jsonData).filter(([key]) => key !== `httpHeaderName${index}`));
  return out;
}
