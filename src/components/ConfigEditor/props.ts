import { type DataSourcePluginOptionsEditorProps } from '@grafana/data';

import { type AmpOptions, type AmpSecureOptions } from '../../types';

export type EditorProps = DataSourcePluginOptionsEditorProps<AmpOptions, AmpSecureOptions>;
