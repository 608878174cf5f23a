import { ConfigSection, convertLegacyAuthProps, TLSSettings } from '@grafana/plugin-ui';
import { config } from '@grafana/runtime';
import { Field, Input, SecureSocksProxySettings, Space } from '@grafana/ui';
import React from 'react';

import { withAwsSetting } from '../../settings/aws';
import { checkCertificates } from '../../settings/certificates';
import { checkAddress } from '../../settings/checks';
import { readBoolean, readText } from '../../settings/read';
import { sentence } from '../../text';
import { type AmpOptions } from '../../types';
import { HttpHeaders } from './HttpHeaders';
import { Problems } from './Problems';
import { type EditorProps } from './props';

/** How to get there when it is not the public internet: VPC endpoints, certificates, headers, proxies. */
export function Network({ options, onOptionsChange }: EditorProps) {
  const { jsonData, readOnly } = options;
  const wrongAddress = checkAddress(options);
  const shown: AmpOptions = {
    ...jsonData,
    tlsAuth: readBoolean(jsonData.tlsAuth),
    tlsAuthWithCACert: readBoolean(jsonData.tlsAuthWithCACert),
    tlsSkipVerify: readBoolean(jsonData.tlsSkipVerify),
  };
  const tls = convertLegacyAuthProps({
    config: { ...options, jsonData: shown },
    onChange: (next: EditorProps['options']) => {
      const changed = Object.entries(next.jsonData).filter(([key, value]) => value !== shown[key as keyof AmpOptions]);
      onOptionsChange({ ...next, jsonData: { ...jsonData, ...Object.fromEntries(changed) } });
    },
  }).TLS;
  return (
    <ConfigSection
      title="Private network and TLS"
      description="VPC endpoints, a certificate authority of your own, headers."
      isCollapsible
      isInitiallyOpen={usesNetwork(options)}
    >
      <Field
        label="Address to connect to"
        htmlFor="ampkit-endpoint"
        description="The DNS name of a VPC endpoint, when it differs from the workspace's host. Requests are still signed for the workspace's own host. A name that begins with sts. is where roles are assumed instead."
        invalid={Boolean(wrongAddress)}
        error={wrongAddress && sentence(wrongAddress.text)}
        disabled={readOnly}
      >
        <Input
          id="ampkit-endpoint"
          spellCheck={false}
          placeholder="vpce-….aps-workspaces.us-east-1.vpce.amazonaws.com"
          value={readText(jsonData.sigV4Endpoint) || readText(jsonData.endpoint)}
          onChange={(e) => onOptionsChange(withAwsSetting(options, 'endpoint', e.currentTarget.value))}
        />
      </Field>
      {/* The buttons that reset a secret have no read-only mode of their own. */}
      <fieldset disabled={readOnly}>
        <legend className="sr-only">TLS, headers and proxy</legend>
        {tls && <TLSSettings {...tls} readOnly={Boolean(readOnly)} />}
        <Problems label="Problems with certificates" problems={checkCertificates(options)} />
        <Space v={3} />
        <HttpHeaders options={options} onOptionsChange={onOptionsChange} />
        {config.secureSocksDSProxyEnabled && (
          <SecureSocksProxySettings options={options} onOptionsChange={onOptionsChange} />
        )}
      </fieldset>
    </ConfigSection>
  );
}

const networkKeys = [
  'sigV4Endpoint',
  'endpoint',
  'tlsAuth',
  'tlsAuthWithCACert',
  'tlsSkipVerify',
  'enableSecureSocksProxy',
];

function usesNetwork({ jsonData }: EditorProps['options']): boolean {
  return Object.entries(jsonData).some(
    ([key, value]) => (networkKeys.includes(key) || key.startsWith('httpHeaderName')) && value && value !== 'false'
  );
}
