// A Grafana of this machine with everything wired, as docker-compose.yaml has it: an emulated AMP, the sample data, the
// plugin out of dist/ and provisioning/. All of it on loopback, and gone with Ctrl-C.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const pluginId = 'grafana-ampkitprometheus-datasource';
const region = 'us-east-1';
const usage = `GRAFANA_HOME=/usr/share/grafana npm run grafana -- [--port 3000] [--amp-port 9099] [--provisioning DIR] [--examples] [--zip FILE] [--verbose]

GRAFANA_HOME is the folder of a Grafana (12.3 or later) with bin/, conf/ and public/. Build the plugin and ampkit first:
go tool mage. The plugin is that of dist/, or of the release's zip that --zip names. --examples adds the data sources of
provisioning/examples, to look at: their workspaces are nowhere.`;

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: process.env.GRAFANA_PORT ?? '3000' },
    'amp-port': { type: 'string', default: process.env.AMPKIT_PORT ?? '9099' },
    provisioning: { type: 'string', default: join(root, 'provisioning') },
    examples: { type: 'boolean', default: false },
    zip: { type: 'string', default: process.env.PLUGIN_ZIP },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const home = process.env.GRAFANA_HOME;
if (options.help || !home) {
  console.error(usage);
  process.exit(options.help ? 0 : 2);
}

const state = mkdtempSync(join(tmpdir(), 'ampkit-grafana-'));
const children = [];

/** Starts a program; when one of them ends, all do. */
function start(name, command, args, env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  child.on('error', (error) => stop(`${name}: ${error.message}`));
  child.on('exit', (code) => stop(`${name} ended${code === null ? '' : ` with ${code}`}`));
  return child;
}

let stopping = false;
function stop(why) {
  if (stopping) {
    return;
  }
  stopping = true;
  if (why) {
    console.error(why);
  }
  process.exitCode = why ? 1 : 0;
  const running = children.filter((child) => child.pid && child.exitCode === null && child.signalCode === null);
  const ended = running.map((child) => new Promise((done) => child.once('exit', done)));
  running.forEach((child) => child.kill('SIGTERM'));
  Promise.all(ended).then(() => rmSync(state, { recursive: true, force: true }));
}
process.on('SIGINT', () => stop());
process.on('SIGTERM', () => stop());

/** The first line of a program's output. */
function firstLine(child) {
  return new Promise((done) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) {
        done(text.slice(0, text.indexOf('\n')));
      }
    });
  });
}

/** The environment of a pod with a service account: its role, the file of its token, and where AWS is. */
function pod(endpoint, account) {
  const name = account.replace('/', '-');
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_STS: endpoint, // the SDK for Go does not fetch roles at the other
    AWS_REGION: region,
    AWS_ROLE_ARN: `arn:aws:iam::123456789012:role/ampkit-${name}`,
    AWS_WEB_IDENTITY_TOKEN_FILE: join(state, 'amp/tokens', account, 'token'),
  };
}

const ampkit = join(root, 'bin/ampkit');
const emulator = start('emulator', ampkit, [
  'emulator',
  '--listen', `127.0.0.1:${options['amp-port']}`,
  '--data-dir', join(state, 'amp'),
  '--service-account', 'prometheus/server=write',
  '--service-account', 'grafana/grafana=browse',
  '--faults',
  ...(options.verbose ? [] : ['--quiet']),
], process.env); // prettier-ignore
const workspace = await firstLine(emulator);
const endpoint = new URL(workspace).origin;

const { PATH, HOME } = process.env;
const writer = start('sample data', ampkit, ['sample', 'write', '--url', workspace, '--region', region, '--follow'], {
  PATH,
  HOME,
  ...pod(endpoint, 'prometheus/server'),
});
writer.stdout.resume();

const plugins = join(state, 'plugins');
mkdirSync(plugins);
if (options.zip) {
  execFileSync('unzip', ['-q', resolve(options.zip), '-d', plugins]); // as the guide tells it
} else {
  symlinkSync(join(root, 'dist'), join(plugins, pluginId));
}
let provisioning = resolve(options.provisioning);
if (options.examples) {
  const both = join(state, 'provisioning');
  cpSync(provisioning, both, { recursive: true });
  cpSync(join(root, 'provisioning/examples'), join(both, 'datasources'), { recursive: true });
  provisioning = both;
}
const url = `http://127.0.0.1:${options.port}/`;
const grafana = start('Grafana', join(home, 'bin/grafana'), ['server', '--homepath', home], {
  PATH,
  HOME,
  ...pod(endpoint, 'grafana/grafana'),
  AMPKIT_ENDPOINT: endpoint,
  AMP_EXTERNAL_ID: 'an-external-id',
  AMP_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AMP_SECRET_ACCESS_KEY: 'a secret',
  GF_PATHS_DATA: join(state, 'grafana'),
  GF_PATHS_LOGS: join(state, 'grafana/log'),
  GF_PATHS_PLUGINS: plugins,
  GF_PATHS_PROVISIONING: provisioning,
  GF_SERVER_HTTP_ADDR: '127.0.0.1',
  GF_SERVER_HTTP_PORT: options.port,
  GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS: pluginId,
  GF_PLUGINS_FORWARD_HOST_ENV_VARS: pluginId,
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: 'true',
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_NEWS_NEWS_FEED_ENABLED: 'false',
  GF_GRAFANA_COM_URL: 'http://127.0.0.1:9', // no catalogue: nothing leaves this machine
  GF_GRAFANA_COM_API_URL: 'http://127.0.0.1:9/api',
  GF_SECURITY_DISABLE_GRAVATAR: 'true',
  GF_UNIFIED_ALERTING_HA_LISTEN_ADDRESS: '',
  GF_AUTH_SIGV4_AUTH_ENABLED: 'true', // as for core Prometheus: Grafana's proxy panics for other types, so nothing may use it
  GF_LOG_MODE: 'console',
  GF_LOG_LEVEL: options.verbose ? 'info' : 'error',
});
grafana.stdout.pipe(process.stderr);

while (!stopping && !(await fetch(`${url}api/health`).catch(() => undefined))?.ok) {
  await new Promise((done) => setTimeout(done, 200));
}
if (!stopping) {
  console.error(`Grafana with the sample data, admin / admin. AMP is emulated at ${endpoint}. Ctrl-C ends all of it.`);
  console.log(url);
}
