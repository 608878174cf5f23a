import { fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React, { useState } from 'react';

import { type AmpOptions } from '../../types';
import ConfigEditor from './ConfigEditor';
import { groups } from './fields';
import { type EditorProps } from './props';

type Options = EditorProps['options'];

const id = 'ws-12345678-90ab-cdef-1234-567890abcdef';
const url = `https://aps-workspaces.us-east-1.amazonaws.com/workspaces/${id}/`;

jest.mock('@grafana/runtime', () => {
  const actual = jest.requireActual('@grafana/runtime');
  actual.config.awsAllowedAuthProviders = ['default', 'keys', 'credentials'];
  actual.config.awsAssumeRoleEnabled = true;
  return {
    ...actual,
    usePluginInteractionReporter: () => () => {},
    getAppEvents: () => ({ subscribe: () => ({ unsubscribe: () => {} }) }),
  };
});

function open(stored: Partial<Omit<Options, 'jsonData'>> & { jsonData?: object } = {}) {
  const saved = { current: undefined as unknown as Options, changes: 0 };
  const initial = {
    url: '',
    access: 'proxy',
    jsonData: {},
    secureJsonFields: {},
    readOnly: false,
    ...stored,
  } as Options;
  saved.current = initial;
  function Page() {
    const [options, setOptions] = useState(initial);
    const onOptionsChange = (next: Options) => {
      saved.changes++;
      saved.current = next;
      setOptions(next);
    };
    return <ConfigEditor options={options} onOptionsChange={onOptionsChange} />;
  }
  // Grafana's page is a form, which Enter saves.
  const { container } = render(
    <form>
      <Page />
      <button type="submit">Save &amp; test</button>
    </form>
  );
  return Object.assign(saved, { container, form: container.querySelector('form')! });
}

// A field's label holds its description too.
const field = (label: string) => screen.getByLabelText(new RegExp(`^${label.replace(/[()]/g, '\\$&')}`));
const expand = (section: string) => fireEvent.click(screen.getByLabelText(`Expand section ${section}`));
const type = (label: string, value: string) => fireEvent.change(field(label), { target: { value } });

// As found in provisioning files and databases.
const written: Record<string, Partial<Omit<Options, 'jsonData'>> & { jsonData: AmpOptions & Record<string, unknown> }> =
  {
    'a new data source': { jsonData: {} },
    "Amazon's plugin": {
      url,
      jsonData: {
        sigV4Auth: true,
        sigV4AuthType: 'keys',
        sigV4Region: 'us-east-1',
        sigv4Service: 'aps',
        httpMethod: 'POST',
        prometheusType: 'Cortex',
        prometheusVersion: '1.14.0',
        manageAlerts: true,
        seriesLimit: 40000,
        oauthPassThru: false,
        pdcInjected: false,
        'prometheus-type-migration': true,
      } as never,
      secureJsonFields: { sigV4AccessKey: true, sigV4SecretKey: true },
    },
    'core Prometheus with SigV4': {
      url,
      jsonData: {
        sigV4Auth: true,
        sigV4AuthType: 'default',
        sigV4Region: 'us-east-1',
        sigV4AssumeRoleArn: 'arn:aws:iam::111122223333:role/amp-reader',
        sigV4ExternalId: 'grafana',
        exemplarTraceIdDestinations: [{ name: 'traceID', datasourceUid: 'tempo' }],
        tlsAuthWithCACert: true,
        httpHeaderName1: 'X-Team',
      },
      secureJsonFields: { tlsCACert: true, httpHeaderValue1: true },
    },
    'by hand, with strings': {
      url: `${url}api/v1/query`,
      jsonData: {
        sigV4Auth: 'true',
        authType: 'default',
        assumeRoleArn: 'arn:aws:iam::111122223333:role/amp-reader',
        defaultRegion: 'us-east-1',
        timeInterval: '60s',
        timeout: '1m',
        incrementalQuerying: 'true',
        disableRecordingRules: 'false',
        maxSamplesProcessedErrorThreshold: '1000000',
        tlsSkipVerify: 'false',
      } as never,
    },
  };

describe.each(Object.entries(written))('written by %s', (_, stored) => {
  it('opens without changing anything and without complaint', () => {
    const saved = open(stored);
    expand('Advanced settings');
    expect(saved.changes).toBe(0);
    expect(screen.queryAllByRole('alert')).toEqual([]);
  });

  it('is saved with one change and nothing lost', () => {
    const saved = open(stored);
    expand('Advanced settings');
    fireEvent.click(field('Query statistics'));
    expect(saved.current).toEqual({
      access: 'proxy',
      url: '',
      secureJsonFields: {},
      readOnly: false,
      ...stored,
      jsonData: { ...stored.jsonData, queryStatsEnabled: true },
    });
  });

  it('is read-only throughout when provisioned', () => {
    const saved = open({ ...stored, readOnly: true });
    expand('Advanced settings');
    if (screen.queryByLabelText('Expand section Private network and TLS')) {
      expand('Private network and TLS');
    }
    const inputs = saved.container.querySelectorAll('input, textarea');
    expect(inputs.length).toBeGreaterThan(25);
    const secrets = screen.queryAllByRole('button', { name: /Reset|Edit .*Key/ });
    expect(secrets.filter((button) => !button.matches(':disabled'))).toEqual([]);
    expect([...inputs].filter((input) => !input.matches(':disabled')).map((input) => input.id)).toEqual([]);
    expect(saved.changes).toBe(0);
    expect(screen.getByText('Provisioned: nothing can be changed here')).toBeInTheDocument();
  });
});

const status = (name: string) => screen.getByRole('status', { name });

it("shows what Amazon's plugin stored", () => {
  open(written["Amazon's plugin"]);
  expand('Advanced settings');
  expect(screen.getByText('Access & secret key')).toBeInTheDocument();
  expect(document.getElementById('accessKeyId')).toHaveAttribute('placeholder', 'Configured');
  expect(field('Region')).toHaveValue('us-east-1');
  expect(status('What the URL means')).toHaveTextContent(id);
  expect(field('Manage alerts via Alerting UI')).toBeChecked();
  expect(field('Series limit')).toHaveValue('40000');
});

it('shows what core Prometheus stored', () => {
  open(written['core Prometheus with SigV4']);
  expand('Advanced settings');
  expect(field('Assume Role ARN')).toHaveValue('arn:aws:iam::111122223333:role/amp-reader');
  expect(field('External ID')).toHaveValue('grafana');
  expect(field('Region')).toHaveValue('us-east-1');
  expect(field('Sign requests (SigV4)')).toBeChecked();
  // Open from the start, since it is used.
  expect(screen.getByLabelText('Add self-signed certificate')).toBeChecked();
  expect(screen.getByLabelText('Name of header 1')).toHaveValue('X-Team');
});

it('shows what was stored as strings', () => {
  open(written['by hand, with strings']);
  expand('Advanced settings');
  expect(field('Region')).toHaveValue('us-east-1');
  expect(field('Sign requests (SigV4)')).toBeChecked();
  expect(field('Scrape interval')).toHaveValue('60s');
  expect(field('Incremental querying')).toBeChecked();
  expect(field('Disable recording rules')).not.toBeChecked();
  expect(field('Query error threshold')).toHaveValue('1000000');
  expect(field('Assume Role ARN')).toHaveValue('arn:aws:iam::111122223333:role/amp-reader');
});

describe('the workspace', () => {
  const means = () => screen.getByRole('status', { name: 'What the URL means' });

  it('says what it made of a remote-write URL', () => {
    open({ url: `${url}api/v1/remote_write` });
    expect(means()).toHaveTextContent(`Workspace${id}Regionus-east-1Partitionaws`);
  });

  it('turns an ARN into the URL that Grafana can save', () => {
    const saved = open();
    type('Workspace URL', `arn:aws:aps:us-east-1:111122223333:workspace/${id}`);
    fireEvent.blur(field('Workspace URL'));
    expect(saved.current.url).toBe(url);
  });

  it('turns it into one before Enter saves the form', async () => {
    const saved = open();
    const urls: string[] = [];
    saved.form.addEventListener('submit', (event) => {
      event.preventDefault();
      urls.push(saved.current.url);
    });
    await userEvent.type(field('Workspace URL'), `arn:aws:aps:us-east-1:111122223333:workspace/${id}{Enter}`);
    expect(urls).toEqual([url]);
  });

  it('names both regions when they contradict, and offers the one of the URL', () => {
    const saved = open({ url, jsonData: { sigV4Region: 'eu-west-1' } });
    expect(screen.getByRole('alert')).toHaveTextContent(/"eu-west-1" but the URL says "us-east-1"/);
    fireEvent.click(screen.getByText('Use region us-east-1 of the URL'));
    expect(saved.current.jsonData).toEqual({ sigV4Region: 'us-east-1' });
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('is not red before anything is typed', () => {
    open();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });
});

describe('the AWS connection', () => {
  it('leaves the region to the workspace, where it is shown once and without raw markup', () => {
    const { container } = open();
    expand('Advanced settings');
    expand('Private network and TLS');
    expect(document.getElementById('defaultRegion')).not.toBeVisible();
    expect(field('Assume Role ARN')).toBeVisible();
    expect(field('Region')).toBeVisible();
    expect(container.textContent).not.toMatch(/&(amp|quot|lt);/);
    expect(groups.flatMap((g) => g.settings).filter(({ help }) => help.includes('`'))).toEqual([]);
  });

  it('says at the field what is wrong with the region', () => {
    open({ jsonData: { sigV4Region: 'us-esat-1' } });
    expect(screen.getByRole('alert')).toHaveTextContent(
      '"us-esat-1" is not an AWS region; the nearest one is "us-east-1".'
    );
    expect(field('Region')).toBeInvalid();
  });

  it('says at the field what is unusual about the region', () => {
    open({ jsonData: { sigV4Region: 'us-east-9' } });
    expect(screen.getByText(/Region "us-east-9" is not known to this version/)).toBeInTheDocument();
  });

  it('says at once what is wrong with a role', () => {
    open();
    type('Assume Role ARN', 'reader');
    const problems = screen.getByRole('status', { name: 'Problems with the AWS connection' });
    expect(within(problems).getByRole('alert')).toHaveTextContent('"reader" is not the ARN of a role');
  });

  it('keeps keys out of jsonData', () => {
    const saved = open({ jsonData: { sigV4AuthType: 'keys' } });
    type('Access Key ID', 'AKIA');
    type('Session token', 'token');
    expect(saved.current.jsonData).toEqual({ sigV4AuthType: 'keys' });
    expect(saved.current.secureJsonData).toEqual({ sigV4AccessKey: 'AKIA', sigV4SessionToken: 'token' });
  });
});

it('says at the field what is wrong with the address to connect to', () => {
  open({ url, jsonData: { endpoint: 'vpce-1-2.aps-workspaces.eu-west-1.vpce.amazonaws.com' } });
  expect(field('Address to connect to')).toBeInvalid();
  expect(screen.getByRole('alert')).toHaveTextContent(/in region "us-east-1" but .* in "eu-west-1"/);
});

it('changes the one switch of TLS that is pressed', () => {
  const saved = open({ jsonData: { tlsSkipVerify: 'false' } });
  expand('Private network and TLS');
  fireEvent.click(screen.getByLabelText('Add self-signed certificate'));
  expect(saved.current.jsonData).toEqual({ tlsSkipVerify: 'false', tlsAuthWithCACert: true });
});

describe('the advanced settings', () => {
  it('store numbers as numbers, nothing for nothing, and no nonsense', () => {
    const saved = open();
    expand('Advanced settings');
    type('Series limit', '500');
    expect(saved.current.jsonData).toEqual({ seriesLimit: 500 });
    type('Series limit', '500x');
    expect(saved.current.jsonData).toEqual({ seriesLimit: 500 });
    expect(screen.getByText('Write a whole number, or nothing for the default.')).toBeInTheDocument();
    type('Series limit', '');
    expect(saved.current.jsonData).toEqual({});
  });

  it('write sigV4Auth only to switch signing off', () => {
    const saved = open();
    expand('Advanced settings');
    fireEvent.click(field('Sign requests (SigV4)'));
    expect(saved.current.jsonData).toEqual({ sigV4Auth: false });
    fireEvent.click(field('Sign requests (SigV4)'));
    expect(saved.current.jsonData).toEqual({});
  });

  it('name every setting once', () => {
    const settings = groups.flatMap((g) => g.settings);
    expect(new Set(settings.map((s) => s.key)).size).toBe(settings.length);
    expect(settings.every((s) => s.help.endsWith('.'))).toBe(true);
  });
});
