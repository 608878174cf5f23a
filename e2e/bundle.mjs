// Bundles the page: the real @grafana packages, which Grafana would share with the plugin.
import { build } from 'esbuild';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const outdir = resolve(here, '../node_modules/.cache/ampkit-e2e');

export async function bundle() {
  await build({
    entryPoints: { host: resolve(here, 'page/host.tsx') },
    bundle: true,
    outdir,
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    loader: { '.ttf': 'dataurl', '.svg': 'dataurl', '.png': 'dataurl', '.woff2': 'dataurl' },
    logLevel: 'error',
  });
}
