import AxeBuilder from '@axe-core/playwright';
import { type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Known {
  /** The component it comes from, in which package, and what is wrong with it. */
  component: string;
  rule: string;
  /** Part of the element's selector or of its HTML. */
  element: string;
}

// Findings inside @grafana packages, each with its component.
const known: Known[] = JSON.parse(readFileSync(resolve(__dirname, 'known-accessibility-findings.json'), 'utf8'));

/** What axe finds that keeps people out: serious and critical findings, those of the shared packages apart. */
export async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .exclude('[data-testid="query"]') // of the test page itself
    .analyze();
  const found: string[] = [];
  for (const { id, impact, help, nodes } of violations) {
    for (const { target, html } of nodes) {
      const place = `${target.join(' ')} ${html}`;
      const serious = impact === 'serious' || impact === 'critical';
      if (serious && !known.some((k) => k.rule === id && place.includes(k.element))) {
        found.push(`${id} (${impact}): ${help}: ${place.slice(0, 400)}`);
      }
    }
  }
  return found;
}
