import { type EditorProps } from '../components/ConfigEditor/props';
import { type Problem } from './checks';
import { readBoolean } from './read';

type Options = EditorProps['options'];

const parts = [
  ['tlsAuthWithCACert', 'tlsCACert', 'the CA certificate', 'CERTIFICATE'],
  ['tlsAuth', 'tlsClientCert', 'the client certificate', 'CERTIFICATE'],
  ['tlsAuth', 'tlsClientKey', 'the client key', 'PRIVATE KEY'],
] as const;

/** Certificates and keys that are asked for and missing, or are not PEM. Those that are stored can't be seen. */
export function checkCertificates({ jsonData, secureJsonData, secureJsonFields }: Options): Problem[] {
  return parts.flatMap(([used, name, title, kind]): Problem[] => {
    const typed = secureJsonData?.[name]?.trim();
    if (!readBoolean(jsonData[used]) || (!typed && secureJsonFields?.[name])) {
      return [];
    }
    if (!typed) {
      return [{ severity: 'error', text: `${title} is empty` }];
    }
    return new RegExp(`-----BEGIN [A-Z ]*${kind}-----[^]+-----END [A-Z ]*${kind}-----`).test(typed)
      ? []
      : [
          {
            severity: 'error',
            text: `${title} is not PEM: paste the whole file, with its lines BEGIN and END`,
          },
        ];
  });
}
