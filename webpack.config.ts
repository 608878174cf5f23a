import CopyWebpackPlugin from 'copy-webpack-plugin';
import type { Configuration } from 'webpack';
import { merge } from 'webpack-merge';

import grafanaConfig, { type Env } from './.config/webpack/webpack.config.ts';

const config = async (env: Env): Promise<Configuration> =>
  merge(await grafanaConfig(env), {
    // Files are written even when they come out the same: the tasks tell by their age whether to build.
    output: { compareBeforeEmit: false },
    // Go programs hand out the same dashboards, and can take in only what is below their package.
    plugins: [
      new CopyWebpackPlugin({ patterns: [{ from: '../pkg/dashboards/*.json', to: 'dashboards/[name][ext]' }] }),
    ],
  });

export default config;
