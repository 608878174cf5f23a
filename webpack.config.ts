import path from 'node:path';

import CopyWebpackPlugin from 'copy-webpack-plugin';
import webpack, { type Configuration, type RuleSetRule } from 'webpack';
import { merge } from 'webpack-merge';

import grafanaConfig, { type Env } from './.config/webpack/webpack.config.ts';

// Where the shared editor draws lists; they get theirs from a module that lets empty ones say why.
const drawsLists =
  /[\\/]@grafana[\\/]prometheus[\\/].*[\\/](MetricCombobox|MetricsModal|MetricsBrowser|LabelFilterItem|LabelParamEditor|VariableQueryEditor)\.mjs$/;

/**
 * Has the compiler's source maps parsed. webpack takes the checkout's path out of those; in maps that are text the path
 * stays, and gets into hashes: two checkouts of a commit would give different bundles.
 */
function withoutPaths(base: Configuration): Configuration {
  const uses = (base.module?.rules ?? []).map((rule) => (rule as RuleSetRule).use as RuleSetRule);
  const compiler = uses.find((use) => use?.loader === 'swc-loader');
  if (typeof compiler?.options !== 'object') {
    throw new Error('no swc-loader with options among the rules: how are TypeScript sources compiled now?');
  }
  compiler.options.parseMap = true;
  return base;
}

const config = async (env: Env): Promise<Configuration> =>
  merge(withoutPaths(await grafanaConfig(env)), {
    // Files are written even when they come out the same: the tasks tell by their age whether to build.
    output: { compareBeforeEmit: false },
    plugins: [
      // Go programs hand out the same dashboards, and can take in only what is below their package.
      new CopyWebpackPlugin({ patterns: [{ from: '../pkg/dashboards/*.json', to: 'dashboards/[name][ext]' }] }),
      new webpack.NormalModuleReplacementPlugin(/^@grafana\/ui$/, (resource) => {
        if (drawsLists.test(resource.contextInfo.issuer)) {
          resource.request = path.resolve(__dirname, 'src/components/Lookups/lists.tsx');
          // By this name webpack decides what Grafana provides at runtime.
          resource.dependencies.forEach((dependency) => Object.assign(dependency, { request: resource.request }));
        }
      }),
    ],
  });

export default config;
