import { type ScopedVars } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';

type Value = string | string[];

/** A dashboard's variables, as its URL holds them: var-path=/user&var-path=/user/product. */
export function readVariables(asked: URLSearchParams): Record<string, Value> {
  const variables: Record<string, Value> = {};
  for (const key of asked.keys()) {
    if (key.startsWith('var-')) {
      const values = asked.getAll(key);
      variables[key.slice(4)] = values.length > 1 ? values : values[0];
    }
  }
  return variables;
}

const reference = /\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)\]\]/g;

/** Puts values in the place of $name, ${name} and [[name]], as Grafana does for data sources. */
export function newTemplateSrv(variables: Record<string, Value>): TemplateSrv {
  return {
    getVariables: () => Object.keys(variables).map((name) => ({ name, type: 'custom' })),
    containsTemplate: (text?: string) =>
      [...(text ?? '').matchAll(reference)].some((m) => (m[1] ?? m[2] ?? m[3]) in variables),
    updateTimeRange: () => {},
    replace: (text?: string, scoped?: ScopedVars, format?: string | Function) =>
      (text ?? '').replace(reference, (whole, ...names) => {
        const name: string = names[0] ?? names[1] ?? names[2];
        const value: Value | undefined = scoped?.[name]?.value ?? variables[name];
        if (value === undefined) {
          return whole;
        }
        if (typeof format === 'function') {
          return format(value, { name, multi: Array.isArray(value), includeAll: false });
        }
        return Array.isArray(value) ? `{${value.join(',')}}` : String(value);
      }),
  } as unknown as TemplateSrv;
}
