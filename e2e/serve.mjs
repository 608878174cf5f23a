// Bundles the page, builds the server and runs it: its address is the line on standard output.
import { execFileSync, spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundle } from './bundle.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const server = resolve(root, 'bin', process.platform === 'win32' ? 'e2e-server.exe' : 'e2e-server');

await bundle();
// Compiled as the plugin and the command line are, so that nothing is compiled twice.
execFileSync('go', ['build', '-tags', 'arrow_json_stdlib', '-o', server, './e2e/server'], {
  cwd: root,
  env: { ...process.env, CGO_ENABLED: '0' },
  stdio: ['ignore', 2, 2],
});
const running = spawn(server, ['-root', root, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => running.kill(signal));
}
running.on('exit', (code) => process.exit(code ?? 1));
