import { dateTime, type TimeRange } from '@grafana/data';

/** The last half hour, as a dashboard has it when it is opened. */
export function lastHalfHour(): TimeRange {
  const to = dateTime();
  return { from: dateTime(to).subtract(30, 'minutes'), to, raw: { from: 'now-30m', to: 'now' } };
}
