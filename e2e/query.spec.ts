import { type Page } from '@playwright/test';

import { answered, chooseMode, expect, openQuery, readQuery, runQuery, seriesOf, test } from './fixtures';

const walkthrough = 'sum(rate(http_requests_total{exported_job="recommender"}[5m])) by (path)';

const suggestion = (page: Page, text: string) =>
  page.locator('.suggest-widget.visible .monaco-list-row').filter({ hasText: text }).first();

/** Types the beginning of a name, and takes what completion offers for it. */
async function complete(page: Page, typed: string, wanted: string, pick: (name: string) => Promise<void>) {
  await page.keyboard.type(typed);
  await expect(suggestion(page, wanted)).toBeVisible();
  await pick(wanted);
  await page.keyboard.press('Enter');
}

test('nothing is asked for that AMP does not have', async ({ page, server }) => {
  await openQuery(page);
  await page.locator('.monaco-editor').first().click();
  await page.getByRole('button', { name: 'Metrics browser' }).click();
  await expect(page.getByRole('option', { name: 'http_requests_total', exact: true })).toBeVisible();
  const { requests } = await server.state();
  const asked = new Set(requests.filter(({ plane }) => plane === 'data').map(({ action }) => action));
  asked.delete('aps:RemoteWrite'); // the samples of this moment
  expect([...asked].sort()).toEqual(['aps:GetLabels', 'aps:GetMetricMetadata']);
});

test("the walkthrough's query is typed with completion and run", async ({ page, shot }) => {
  await openQuery(page);
  await page.locator('.monaco-editor').first().click();
  await page.keyboard.type('sum(rate(');
  await complete(page, 'http_requests', 'http_requests_total', shot);
  await page.keyboard.type('{');
  await complete(page, 'exported', 'exported_job', shot);
  await complete(page, '"rec', 'recommender', shot);
  await page.keyboard.type('"}[5m])) by (');
  await complete(page, 'pa', 'path', shot); // the bracket is closed already
  await page.keyboard.press('Shift+Enter');
  await answered(page);
  expect((await readQuery(page)).expr).toBe(walkthrough);
  await expect(seriesOf(page)).toHaveText([/popular\/category/, /popular\/product/, /user\/product/]);
  await expect(page.getByTestId('ampkit-query-cost')).toHaveText(
    /^[\d,]+ samples processed, about .*USD [\d.]+ each time it runs$/
  );
  await shot('run');
});

test('the builder lists metrics, labels and values', async ({ page, shot }) => {
  await openQuery(page, { editorMode: 'builder', expr: 'rate(http_requests_total[$__rate_interval])' });
  await page.getByTestId('data-testid metric select').click();
  await expect(page.getByRole('option', { name: 'node_network_transmit_bytes_total' })).toBeVisible();
  await shot('metrics');
  await page.keyboard.press('Escape');

  await page.locator('#prometheus-dimensions-filter-item-key').click();
  await shot('labels');
  await page.getByRole('option', { name: 'exported_job' }).click();
  await page.locator('#prometheus-dimensions-filter-item-value').click();
  await shot('values');
  await page.getByRole('option', { name: 'recommender' }).click();
  await runQuery(page);
  await answered(page);
  expect((await readQuery(page)).expr).toBe('rate(http_requests_total{exported_job="recommender"}[$__rate_interval])');
  await shot('run');
});

test('builder and code take over from each other', async ({ page, shot }) => {
  await openQuery(page, { editorMode: 'code', expr: walkthrough });
  await chooseMode(page, 'Builder');
  await expect(page.getByText('Range', { exact: true }).first()).toBeVisible();
  await shot('builder');
  await chooseMode(page, 'Code');
  await expect(page.locator('.monaco-editor').first()).toContainText('exported_job');
  await shot('code');
  expect((await readQuery(page)).expr).toBe(walkthrough);
  await runQuery(page);
  await answered(page);
});

test('the options say how the answer comes', async ({ page, shot }) => {
  await openQuery(page, { expr: walkthrough, legendFormat: '{{path}}' });
  await page.getByRole('button', { name: /^Options/ }).click();
  await expect(page.getByText('Exemplars')).toBeHidden();
  await runQuery(page);
  await expect(seriesOf(page).first()).toHaveText(/^\/\S+: /);
  await shot('legend');

  await page.getByRole('radio', { name: 'Instant', exact: true }).check({ force: true });
  await page.getByLabel('Format combobox').click();
  await page.getByRole('option', { name: 'Table' }).click();
  await runQuery(page);
  await expect(seriesOf(page)).toHaveCount(1); // one table with a row for each series
  await expect(seriesOf(page)).toHaveAttribute('data-points', '3');
  await shot('table');
  expect(await readQuery(page)).toMatchObject({ instant: true, range: false, format: 'table' });
});

test('explain says what each part of a query does', async ({ page, shot }) => {
  await openQuery(page, { editorMode: 'builder', expr: walkthrough });
  await page.getByLabel('Explain').check({ force: true });
  await expect(page.getByText('Fetch all series matching metric name and label filters.')).toBeVisible();
  await shot('explained');
  await page.getByLabel('Explain').uncheck({ force: true });
});

test('the metrics browser makes a selector', async ({ page, shot }) => {
  await openQuery(page);
  await page.getByRole('button', { name: 'Metrics browser' }).click();
  await page.getByRole('option', { name: 'http_requests_total', exact: true }).click();
  await page.getByRole('option', { name: /^exported_job/ }).click();
  await page.getByRole('option', { name: /^recommender/ }).click();
  await shot('selected');
  await page.getByRole('button', { name: 'Use selector for query button' }).click();
  await expect.poll(async () => (await readQuery(page)).expr).toBe('http_requests_total{exported_job="recommender"}');
});

test('the metrics explorer describes metrics', async ({ page, shot }) => {
  await openQuery(page, { editorMode: 'builder', expr: '' });
  await page.getByRole('button', { name: 'Open metrics explorer' }).click();
  await expect(page.getByRole('dialog')).toContainText('http_requests_total');
  await shot('opened');
});

for (const app of ['explore', 'cloud-alerting']) {
  test(`the editor works in ${app}`, async ({ page, shot }) => {
    await openQuery(page, { expr: walkthrough }, { app });
    await page.locator('.monaco-editor').first().click();
    await page.keyboard.press('Shift+Enter');
    await answered(page);
    await expect(page.getByText('Exemplars')).toBeHidden();
    await shot('run');
  });
}

test('a new alert query is instant', async ({ page }) => {
  await openQuery(page, undefined, { app: 'unified-alerting' });
  expect(await readQuery(page)).toMatchObject({ instant: true, range: false });
});

test.describe('a query that fails says why, and never No data', () => {
  test.use({ refused: /\/api\/ds\/query|\/resources\// });

  test('when it is not permitted', async ({ page, server, state, shot }) => {
    await server.forbid('aps:QueryMetrics');
    await openQuery(page, { expr: 'up' });
    await runQuery(page);
    const error = page.getByTestId('query-error');
    await expect(error).toContainText(
      `grant aps:QueryMetrics on ${state.workspaces.find((w) => w.alias === 'production')!.arn}`
    );
    await expect(error).toContainText(/request id [0-9a-f-]{36}/);
    await expect(page.getByText('No data')).toBeHidden();
    await shot('forbidden');
  });

  for (const [status, body] of [
    [503, '{"message":"service unavailable"}'],
    [429, '{"message":"Rate exceeded"}'],
  ] as const) {
    test(`when the service answers ${status}`, async ({ page, server, shot }) => {
      await server.fail({ status, body });
      await openQuery(page, { expr: 'up' });
      await runQuery(page);
      await expect(page.getByTestId('query-error')).toContainText(JSON.parse(body).message);
      await expect(page.getByText('No data')).toBeHidden();
      await shot('failed');
    });
  }

  test('when it is no PromQL', async ({ page, shot }) => {
    await openQuery(page, { expr: 'sum(up' });
    await runQuery(page);
    await expect(page.getByTestId('query-error')).toContainText('parse error');
    await shot('parse-error');
  });
});

test('a query without series says so', async ({ page }) => {
  await openQuery(page, { expr: 'no_such_metric' });
  await runQuery(page);
  await expect(page.getByText('No data')).toBeVisible();
});
