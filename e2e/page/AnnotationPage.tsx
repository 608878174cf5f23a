import { type AnnotationEvent, type AnnotationQuery, CoreApp, dateTimeFormat } from '@grafana/data';
import { Alert, Button } from '@grafana/ui';
import React, { useMemo, useState } from 'react';
import { lastValueFrom } from 'rxjs';

import { type AmpDataSource } from '../../src/datasource';
import { type AmpQuery } from '../../src/types';
import { run } from './run';
import { lastHalfHour } from './time';

/** A dashboard's annotation: the data source's own editor, and the events that it makes of the answer. */
export function AnnotationPage({ datasource, first }: { datasource: AmpDataSource; first: AmpQuery | null }) {
  const range = useMemo(lastHalfHour, []);
  const support = datasource.annotations!;
  const [annotation, setAnnotation] = useState<AnnotationQuery<AmpQuery>>(() =>
    support.prepareAnnotation!({ name: 'Events', enable: true, iconColor: 'red', target: first ?? undefined })
  );
  const [events, setEvents] = useState<AnnotationEvent[]>();
  const [problem, setProblem] = useState<string>();
  const Editor = support.QueryEditor!;

  const test = async () => {
    const query = support.prepareQuery?.(annotation) ?? annotation.target!;
    const { series, error } = await run(datasource, { app: CoreApp.Dashboard, query, range });
    setProblem(error?.message);
    setEvents(
      error ? undefined : await lastValueFrom(support.processEvents!(annotation, series), { defaultValue: [] })
    );
  };

  return (
    <>
      <Editor
        datasource={datasource}
        query={annotation.target!}
        range={range}
        onChange={(target) => setAnnotation((now) => ({ ...now, target }))}
        onRunQuery={test}
        annotation={annotation}
        onAnnotationChange={(changed) => setAnnotation(changed as AnnotationQuery<AmpQuery>)}
      />
      <Button onClick={test}>Test annotation query</Button>
      {problem && <Alert severity="error" title={problem} data-testid="problem" />}
      {events && (
        <ul aria-label="Events">
          {events.map((event, i) => (
            <li key={i}>
              {dateTimeFormat(event.time!)} {event.title} {event.text} {event.tags?.join(' ')}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
