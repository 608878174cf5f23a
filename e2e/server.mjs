// Serves the page, the built plugin and the part of Grafana's HTTP API that the front end calls. The answers are
// written down in stub.mjs.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundle, outdir } from './bundle.mjs';
import { answer } from './stub.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const pluginId = 'grafana-ampkitprometheus-datasource';

const folders = {
  '/page/': outdir,
  [`/public/plugins/${pluginId}/`]: join(root, 'dist'),
  '/build/img/': join(root, 'node_modules/@grafana/ui/dist/public/img'),
  '/public/build/img/': join(root, 'node_modules/@grafana/ui/dist/public/img'),
  '/public/img/': join(root, 'node_modules/@grafana/ui/dist/public/img'),
};

const types = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.html': 'text/html',
};

function file(path) {
  const prefix = Object.keys(folders).find((p) => path.startsWith(p));
  if (!prefix) {
    return undefined;
  }
  const inside = normalize('/' + path.slice(prefix.length));
  const found = join(folders[prefix], inside);
  return existsSync(found) && statSync(found).isFile() ? found : undefined;
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

await bundle();

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname.startsWith('/api/')) {
    const { status = 200, data } = answer(request.method, pathname, searchParams, await body(request));
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(data));
    return;
  }
  const found = pathname === '/' || pathname === '/query' ? join(root, 'e2e/page/index.html') : file(pathname);
  if (!found) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': types[extname(found)] ?? 'application/octet-stream' });
  createReadStream(found).pipe(response);
});

server.listen(Number(process.env.PORT ?? 3111), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
