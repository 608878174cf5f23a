import { type EditorProps } from '../components/ConfigEditor/props';
import { checkCertificates } from './certificates';

type Options = EditorProps['options'];

const pem = (kind: string) => `-----BEGIN ${kind}-----\nMIIB\n-----END ${kind}-----\n`;
const texts = (options: Partial<Options>) => checkCertificates(options as Options).map((p) => p.text);

it.each<[string, Partial<Options>]>([
  ['nothing', { jsonData: {} }],
  ['what is not used', { jsonData: { tlsAuthWithCACert: false }, secureJsonData: { tlsCACert: 'x' } }],
  ['what is stored', { jsonData: { tlsAuthWithCACert: true }, secureJsonFields: { tlsCACert: true } }],
  ['a certificate', { jsonData: { tlsAuthWithCACert: true }, secureJsonData: { tlsCACert: pem('CERTIFICATE') } }],
  [
    'a key of any kind',
    {
      jsonData: { tlsAuth: 'true' } as unknown as Options['jsonData'],
      secureJsonData: { tlsClientCert: pem('CERTIFICATE'), tlsClientKey: pem('EC PRIVATE KEY') },
    },
  ],
])('has no word about %s', (_, options) => {
  expect(texts(options)).toEqual([]);
});

it('names what is missing, and what is none', () => {
  expect(texts({ jsonData: { tlsAuthWithCACert: true, tlsAuth: true } })).toEqual([
    'the CA certificate is empty',
    'the client certificate is empty',
    'the client key is empty',
  ]);
  const secureJsonData = { tlsCACert: '/etc/ssl/ca.pem', tlsClientCert: pem('PRIVATE KEY'), tlsClientKey: 'secret' };
  const found = texts({ jsonData: { tlsAuthWithCACert: true, tlsAuth: true }, secureJsonData });
  expect(found.map((text) => text.replace(/:.*/, ''))).toEqual([
    'the CA certificate is not PEM',
    'the client certificate is not PEM',
    'the client key is not PEM',
  ]);
  expect(found.join()).not.toContain('secret');
});
