import { EndpointError, quote } from './errors';

/** The parts of a URL as they were typed: unlike the browser's URL, `..` and encoded slashes stay visible. */
export interface TypedUrl {
  scheme: string;
  userInfo: boolean;
  /** Host with its port, in lower case. */
  host: string;
  hostname: string;
  /** The decoded path. */
  path: string;
  /** True when the path holds something that its plain encoding would not. */
  oddlyEncoded: boolean;
  escapedPath: string;
  query: URLSearchParams;
  fragment: string;
}

const shape = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

export function splitUrl(text: string, raw: string, example: string): TypedUrl {
  const m = shape.exec(text);
  const fail = (why: string) => new EndpointError(`${quote(raw)} is not a URL (${why})`, example);
  if (!m) {
    throw fail('its parts are not recognised');
  }
  if (/[\s\u0000-\u001f\u007f]/.test(text)) {
    throw fail('it holds a space or a control character');
  }
  const host = m[3].toLowerCase().replace(/\.(?=:|$)/, '');
  const hostMatch = /^(\[[0-9a-f:.%]+\]|[^:]*)(?::(\d*))?$/.exec(host);
  if (!hostMatch) {
    throw fail('its port is no number');
  }
  const path = decode(m[4]);
  if (path === undefined) {
    throw fail('a % in it is not followed by two digits');
  }
  const plain = encodePath(path);
  const oddlyEncoded = plain !== m[4];
  return {
    scheme: m[1].toLowerCase(),
    userInfo: m[2] !== undefined,
    host,
    hostname: hostMatch[1].replace(/^\[|\]$/g, ''),
    path,
    oddlyEncoded,
    escapedPath: oddlyEncoded && /^(?:[\w.~!$&'()*+,;=:@/[\]-]|%[0-9A-Fa-f]{2})*$/.test(m[4]) ? m[4] : plain,
    query: new URLSearchParams(m[5] ?? ''),
    fragment: m[6] ?? '',
  };
}

/** What a host typed without a scheme is asked by. */
export function schemeFor(hostPort: string): 'http' | 'https' {
  const host = hostPort.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host) ? 'http' : 'https';
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

// A path's plain encoding: unreserved characters and $&+,/:;=@ stay.
function encodePath(path: string): string {
  return encodeURIComponent(path)
    .replace(/[!'()*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase())
    .replace(/%(24|26|2B|2C|2F|3A|3B|3D|40)/g, (escaped) => decodeURIComponent(escaped));
}
