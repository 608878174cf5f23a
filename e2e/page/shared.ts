import * as emotionCss from '@emotion/css';
import * as data from '@grafana/data';
import * as runtime from '@grafana/runtime';
import * as ui from '@grafana/ui';
import i18next from 'i18next';
import lodash from 'lodash';
import prismjs from 'prismjs';
import * as react from 'react';
import * as jsxRuntime from 'react/jsx-runtime';
import * as reactDom from 'react-dom';
import * as reactRedux from 'react-redux';
import * as redux from 'redux';
import * as rxjs from 'rxjs';

import { type AmpDataSource } from '../../src/datasource';
import { type AmpOptions, type AmpQuery, type AmpSecureOptions } from '../../src/types';

export type Plugin = data.DataSourcePlugin<AmpDataSource, AmpQuery, AmpOptions, AmpSecureOptions>;

const pluginUrl = '/public/plugins/grafana-ampkitprometheus-datasource/module.js';

/** The packages that Grafana shares with plugins, the real ones. */
const shared: Record<string, unknown> = {
  '@emotion/css': emotionCss,
  '@grafana/data': data,
  '@grafana/runtime': runtime,
  '@grafana/ui': ui,
  i18next,
  lodash,
  module: { uri: pluginUrl },
  prismjs,
  react,
  'react-dom': reactDom,
  'react-redux': reactRedux,
  'react/jsx-runtime': jsxRuntime,
  redux,
  rxjs,
};

type Define = (names: string[], factory: (...modules: unknown[]) => { plugin: Plugin }) => void;

/** Loads the built plugin as Grafana does: as an AMD module. */
export function loadPlugin(): Promise<Plugin> {
  return new Promise((resolve, reject) => {
    const define: Define = (names, factory) => {
      const missing = names.filter((name) => !(name in shared));
      if (missing.length > 0) {
        reject(new Error(`the page shares no ${missing.join(', ')}`));
        return;
      }
      resolve(factory(...names.map((name) => shared[name])).plugin);
    };
    Object.assign(window, { define: Object.assign(define, { amd: {} }) });
    const script = document.createElement('script');
    script.src = pluginUrl;
    script.onload = () => Reflect.deleteProperty(window, 'define'); // for the plugin's module alone
    script.onerror = () => reject(new Error(`${pluginUrl} is not there: npm run build`));
    document.head.append(script);
  });
}
