import { BehaviorSubject, type Observable } from 'rxjs';

/** The doctor's report, as the health check answers it to Admins. */
export interface HealthReport {
  outcome: Outcome;
  workspace?: string;
  region?: string;
  endpoint?: string;
  signHost?: string;
  credentials?: string;
  /** About the settings. */
  warnings?: string[];
  checks: HealthCheck[];
}

export type Outcome = 'passed' | 'failed' | 'not checked';

/** One line of the report. */
export interface HealthCheck {
  name: string;
  outcome: Outcome;
  detail?: string;
  /** What to do about it. */
  remedy?: string;
  /** Its failure does not count. */
  optional?: boolean;
  action?: string;
  kind?: string;
  status?: number;
  requestId?: string;
}

/** A report, when it came, and for which settings: those of the page that saw it first. */
export interface Tested {
  report: HealthReport;
  at: Date;
  settings?: string;
}

const subjects = new Map<string, BehaviorSubject<Tested | undefined>>();

function subject(uid: string): BehaviorSubject<Tested | undefined> {
  let found = subjects.get(uid);
  if (!found) {
    found = new BehaviorSubject<Tested | undefined>(undefined);
    subjects.set(uid, found);
  }
  return found;
}

/** The last report on a data source: Grafana tests with an instance of its own, and its page shows one sentence. */
export function healthOf(uid: string): Observable<Tested | undefined> {
  return subject(uid);
}

/** Tells the settings page of a report; anything that is none, as those who are no Admins get, takes the last one away. */
export function tellHealth(uid: string, details: unknown, at = new Date()): void {
  subject(uid).next(isReport(details) ? { report: details, at } : undefined);
}

function isReport(details: unknown): details is HealthReport {
  return typeof details === 'object' && details !== null && 'checks' in details && Array.isArray(details.checks);
}
