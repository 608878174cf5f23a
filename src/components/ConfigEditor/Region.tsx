import { Combobox, type ComboboxOption, Field, Space } from '@grafana/ui';
import React from 'react';

import { knownRegions } from '../../endpoint/partitions';
import { awsSetting, withAwsSetting } from '../../settings/aws';
import { checkRegionSetting, readEndpoint } from '../../settings/checks';
import { sentence } from '../../text';
import { Problems } from './Problems';
import { type EditorProps } from './props';

const regions = knownRegions().map((value) => ({ value }));

/** The region to sign for, checked as it is typed. */
export function Region({ options, onOptionsChange }: EditorProps) {
  const problem = checkRegionSetting(options);
  const { endpoint } = readEndpoint(options);
  // What is understood of the URL says it too.
  const unusual = problem?.severity === 'warning' && !endpoint ? [problem] : [];
  return (
    <>
      <Field
        label="Region"
        htmlFor="ampkit-region"
        description="Where the workspace is. Not needed when its URL names the region."
        invalid={problem?.severity === 'error'}
        error={problem && sentence(problem.text)}
        disabled={options.readOnly}
      >
        <Combobox
          id="ampkit-region"
          width={40}
          isClearable={!options.readOnly}
          createCustomValue
          customValueDescription="Use this region"
          placeholder={endpoint?.region ? `${endpoint.region}, by the URL` : 'Choose a region'}
          options={regions}
          value={awsSetting(options.jsonData, 'defaultRegion') || null}
          onChange={(choice: ComboboxOption | null) =>
            onOptionsChange(withAwsSetting(options, 'defaultRegion', choice?.value.trim()))
          }
        />
      </Field>
      <Problems label="Problems with the region" problems={unusual} />
      {unusual.length > 0 && <Space v={2} />}
    </>
  );
}
