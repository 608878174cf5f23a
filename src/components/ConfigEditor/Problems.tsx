import { css } from '@emotion/css';
import { Alert, useStyles2 } from '@grafana/ui';
import React from 'react';

import { type Problem } from '../../settings/checks';
import { sentence } from '../../text';

const titles = { error: 'This will not work', warning: 'This may not be meant' };

/** What can be told wrong as it is typed, under the fields it is about. */
export function Problems({ label, problems }: { label: string; problems: Problem[] }) {
  const styles = useStyles2(getStyles);
  return (
    <div role="status" aria-label={label}>
      {(['error', 'warning'] as const).map((severity) => {
        const texts = problems.filter((p) => p.severity === severity).map((p) => p.text);
        return (
          texts.length > 0 && (
            <Alert key={severity} severity={severity} title={titles[severity]} topSpacing={1} bottomSpacing={0}>
              <ul className={styles.list}>
                {texts.map((text) => (
                  <li key={text}>{sentence(text)}</li>
                ))}
              </ul>
            </Alert>
          )
        );
      })}
    </div>
  );
}

const getStyles = () => ({ list: css({ listStyle: 'none', margin: 0, padding: 0 }) });
