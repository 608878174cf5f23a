import { ConfigSection } from '@grafana/plugin-ui';
import React from 'react';

import { readEndpoint } from '../../settings/checks';
import { isSigned } from '../../settings/read';
import { type EditorProps } from './props';
import { Region } from './Region';
import { WorkspacePicker } from './WorkspacePicker';
import { WorkspaceUrl } from './WorkspaceUrl';

/** Which workspace: chosen from a list, or entered as whatever people paste. */
export function Workspace(props: EditorProps) {
  const { options } = props;
  return (
    <ConfigSection title="Workspace">
      <Region {...props} />
      {isSigned(options.jsonData) && !options.readOnly && (
        <WorkspacePicker {...props} endpoint={readEndpoint(options).endpoint} />
      )}
      <WorkspaceUrl {...props} />
    </ConfigSection>
  );
}
