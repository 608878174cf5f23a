import type { APIRequestContext } from '@playwright/test';

import { expect, source, test } from './fixtures';

interface Rule {
  name: string;
  state: string;
  health: string;
  lastError?: string;
  alerts?: Array<{ state: string; labels: Record<string, string>; annotations: Record<string, string> }>;
}

/** The provisioned rule as Grafana last evaluated it. */
async function rule(request: APIRequestContext): Promise<Rule> {
  const answer = await request.get('/api/prometheus/grafana/api/v1/rules');
  const { data } = await answer.json();
  return data.groups.flatMap((g: { rules: Rule[] }) => g.rules).find((r: Rule) => r.name === 'Recommender is slow');
}

const states = async (request: APIRequestContext) => (await rule(request)).alerts?.map((a) => a.state) ?? [];
const minutes = (n: number) => ({ timeout: n * 60_000, intervals: [2000] });

test.describe('the provisioned rule', () => {
  test.describe.configure({ mode: 'serial', timeout: 5 * 60_000 });

  test('reaches Firing, an alert for each path', async ({ page, request, shot }) => {
    await expect.poll(async () => (await rule(request)).state, minutes(3)).toBe('firing');
    const { health, alerts } = await rule(request);
    expect(health).toBe('ok');
    const paths = alerts?.map((a) => a.labels.path).sort();
    expect(paths).toEqual(['/popular/category', '/user/product']);
    expect(alerts?.map((a) => a.annotations.summary).join()).toMatch(
      /to \/user\/product takes longer than \d+(\.\d+)?ms/
    );
    await page.goto('/alerting/grafana/recommender-slow/view');
    await expect(page.getByText('Firing').first()).toBeVisible();
    await shot('firing');
  });

  test('is in Error while AMP answers 503, never in No data', async ({ page, request, faults, shot }) => {
    await faults.set({ status: 503, body: '{"message":"Service unavailable"}' });
    const seen = new Set<string>();
    await expect
      .poll(async () => {
        const { health } = await rule(request);
        (await states(request)).forEach((s) => seen.add(s));
        seen.add(health);
        return health;
      }, minutes(3))
      .toBe('error');
    // Stays so for some more evaluations, of which there is one each ten seconds.
    const until = Date.now() + 35_000;
    await expect
      .poll(async () => {
        (await states(request)).forEach((s) => seen.add(s));
        seen.add((await rule(request)).health);
        return Date.now() > until;
      }, minutes(1))
      .toBe(true);
    expect([...seen].filter((s) => /no\s?data/i.test(s))).toEqual([]);
    expect([...seen]).toContain('error');
    expect((await rule(request)).lastError).toContain('Service unavailable');
    await page.goto('/alerting/grafana/recommender-slow/view');
    await expect(page.getByText('Service unavailable').first()).toBeVisible();
    await shot('error');
    await faults.end();
    await expect.poll(async () => (await rule(request)).health, minutes(3)).toBe('ok');
    await expect.poll(async () => (await rule(request)).state, minutes(3)).toBe('firing');
  });
});

test('a new rule is previewed, instant by default', async ({ page, alertRuleEditPage, shot }) => {
  await alertRuleEditPage.enableAdvancedQueryMode();
  const row = alertRuleEditPage.getAlertRuleQueryRow('A');
  await row.datasource.set('Amazon Managed Service for Prometheus');
  await row.locator.getByRole('radio', { name: 'Code' }).click({ force: true });
  await row.locator.locator('.monaco-editor').first().click();
  await page.keyboard.insertText('up');
  const asked = page.waitForRequest((r) => r.url().includes('/api/v1/eval'));
  await expect(alertRuleEditPage.evaluate()).toBeOK();
  const { data } = (await asked).postDataJSON();
  const query = data.find((d: { refId: string }) => d.refId === 'A');
  expect(query.datasourceUid).toBe(source.uid);
  expect(query.model).toMatchObject({ expr: 'up', instant: true, range: false });
  await expect(page.getByText('ip-10-0-1-23:9100').first()).toBeVisible();
  await shot('preview');
});
