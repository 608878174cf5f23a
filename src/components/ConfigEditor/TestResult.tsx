import { dateTimeFormat } from '@grafana/data';
import { ConfigSection } from '@grafana/plugin-ui';
import { Alert } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';

import { healthOf, type Tested } from '../../health';
import { sentence } from '../../text';
import { HealthTable } from './HealthTable';
import { type EditorProps } from './props';

/** What "Save & test" found, line by line. Nothing before the first test, nor for those who are no Admins. */
export function TestResult({ options }: Pick<EditorProps, 'options'>) {
  const [tested, setTested] = useState<Tested>();
  const current = tellingApart(options);
  const latest = useRef(current);
  useEffect(() => {
    latest.current = current;
  });
  useEffect(() => {
    const subscription = healthOf(options.uid).subscribe((next) => {
      setTested(next && Object.assign(next, { settings: next.settings ?? latest.current }));
    });
    return () => subscription.unsubscribe();
  }, [options.uid]);

  return (
    <div role="status" aria-label="Test result">
      {tested && (
        <ConfigSection
          title="Test result"
          description={`Tested at ${dateTimeFormat(tested.at)}${current === tested.settings ? '.' : ', before the changes since.'}`}
        >
          <HealthTable checks={tested.report.checks} />
          {tested.report.warnings?.map((text) => (
            <Alert key={text} severity="warning" title={sentence(text)} topSpacing={1} bottomSpacing={0} />
          ))}
        </ConfigSection>
      )}
    </div>
  );
}

function tellingApart({ url, jsonData, secureJsonData }: EditorProps['options']): string {
  return JSON.stringify([url, jsonData, secureJsonData ?? {}]);
}
