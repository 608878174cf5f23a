import { DataSourcePlugin } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { loadResources, PromCheatSheet } from '@grafana/prometheus';

import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor/QueryEditor';
import { AmpDataSource } from './datasource';
import pluginJson from './plugin.json';
import { type AmpOptions, type AmpQuery, type AmpSecureOptions } from './types';

// The texts of the shared query editor; ours are English only.
void initPluginTranslations(pluginJson.id, [loadResources]);

export const plugin = new DataSourcePlugin<AmpDataSource, AmpQuery, AmpOptions, AmpSecureOptions>(AmpDataSource)
  .setQueryEditor(QueryEditor)
  .setConfigEditor(ConfigEditor)
  .setQueryEditorHelp(PromCheatSheet);
