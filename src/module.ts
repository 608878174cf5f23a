import { DataSourcePlugin } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { ConfigEditor, loadResources, PromCheatSheet, PromQueryEditorByApp } from '@grafana/prometheus';

import { AmpDataSource } from './datasource';
import pluginJson from './plugin.json';

// The texts of the shared query editor; ours are English only.
void initPluginTranslations(pluginJson.id, [loadResources]);

export const plugin = new DataSourcePlugin(AmpDataSource)
  .setQueryEditor(PromQueryEditorByApp)
  .setConfigEditor(ConfigEditor)
  .setQueryEditorHelp(PromCheatSheet);
