import { type Page } from '@playwright/test';

import { answered, expect, openQuery, runQuery, seriesOf, test } from './fixtures';

const optionsOf = (page: Page) => page.getByLabel('Options').getByRole('listitem');

async function chooseKind(page: Page, kind: string) {
  await page.getByLabel('Query type').click();
  await page.getByRole('option', { name: kind, exact: true }).click();
}

async function runVariable(page: Page) {
  // The editor takes over what was typed when it is left.
  await page.getByRole('button', { name: 'Run query' }).focus();
  await page.getByRole('button', { name: 'Run query' }).click();
}

test.describe('a variable', () => {
  test.beforeEach(async ({ page }) => {
    await page.goto('/variable');
  });

  test('of label names', async ({ page, shot }) => {
    await chooseKind(page, 'Label names');
    await page.getByLabel('Metric regex').fill('http_requests');
    await runVariable(page);
    await expect(optionsOf(page)).toHaveText(['code', 'exported_job', 'instance', 'path']);
    await shot('label-names');
  });

  test('of label values', async ({ page, shot }) => {
    await chooseKind(page, 'Label values');
    await page.getByTestId('data-testid label values label select').click();
    await page.getByRole('option', { name: 'path' }).click();
    await page.getByTestId('data-testid metric select').click();
    await page.getByRole('option', { name: 'http_requests_total' }).click();
    await runVariable(page);
    await expect(optionsOf(page).filter({ hasText: '/user/product' })).toHaveCount(1);
    await shot('label-values');
  });

  test('of metrics', async ({ page, shot }) => {
    await chooseKind(page, 'Metrics');
    await page.getByLabel('Metric selector').fill('node_.*');
    await runVariable(page);
    await expect(optionsOf(page).filter({ hasText: 'node_network_transmit_bytes_total' })).toHaveCount(1);
    await expect(optionsOf(page).filter({ hasText: 'http_' })).toHaveCount(0);
    await shot('metrics');
  });

  test('of a query result', async ({ page, shot }) => {
    await chooseKind(page, 'Query result');
    await page.getByLabel('Prometheus Query').fill('count by (exported_job) (http_requests_total)');
    await runVariable(page);
    await expect(optionsOf(page).filter({ hasText: '{exported_job="recommender"}' })).toHaveCount(1);
    await shot('query-result');
  });

  test('of series', async ({ page, shot }) => {
    await chooseKind(page, 'Series query');
    await page.getByLabel('Series Query').fill('http_requests_total{exported_job="recommender"}');
    await runVariable(page);
    await expect(optionsOf(page).first()).toContainText('http_requests_total{');
    await shot('series');
  });

  test('as it was written before there was a form', async ({ page, shot }) => {
    await chooseKind(page, 'Classic query');
    await page.getByLabel('Classic Query').fill('label_values(node_network_transmit_bytes_total, instance)');
    await runVariable(page);
    await expect(optionsOf(page).first()).toContainText('ip-10-0-');
    await shot('classic');
  });
});

test('variables of one and of many values go into a query', async ({ page }) => {
  const expr = 'sum(rate(http_requests_total{exported_job="$job", path=~"$path"}[$__rate_interval])) by (path)';
  const asked = new URLSearchParams({ app: 'panel-editor', query: JSON.stringify({ refId: 'A', range: true, expr }) });
  for (const [name, value] of [
    ['job', 'recommender'],
    ['path', '/user/product'],
    ['path', '/popular/product'],
  ]) {
    asked.append(`var-${name}`, value);
  }
  await page.goto(`/query?${asked}`);
  await runQuery(page);
  await expect(seriesOf(page)).toHaveText([/popular\/product/, /user\/product/]);
});

test('an ad-hoc filter narrows every query', async ({ page, shot }) => {
  await openQuery(page, { expr: 'sum(rate(http_requests_total[5m])) by (path)' });
  await runQuery(page);
  await answered(page);
  const all = await seriesOf(page).count();
  await page.getByLabel('Filter').click();
  await page.getByRole('option', { name: 'path', exact: true }).click();
  await page.getByLabel('is', { exact: true }).click();
  await shot('values');
  await page.getByRole('option', { name: '/user/product', exact: true }).click();
  await runQuery(page);
  await expect(seriesOf(page)).toHaveCount(1);
  expect(all).toBeGreaterThan(1);
  await expect(page.getByLabel('Series', { exact: true })).toHaveAttribute('data-executed', /path="\/user\/product"/);
  await shot('filtered');
});

test('annotations become events', async ({ page, shot }) => {
  const query = { refId: 'Anno', expr: 'sum by (path) (rate(http_requests_total[5m])) > 0' };
  await page.goto(`/annotation?query=${encodeURIComponent(JSON.stringify(query))}`);
  await expect(page.locator('.monaco-editor').first()).toContainText('http_requests_total');
  await page.getByPlaceholder('{{alertname}}').fill('busy');
  await page.getByPlaceholder('{{instance}}').fill('{{path}}');
  await page.getByPlaceholder('label1,label2').fill('path');
  await shot('filled');
  await page.getByRole('button', { name: 'Test annotation query' }).click();
  await expect(page.getByLabel('Events').getByRole('listitem').first()).toContainText(/busy \/\S+ \/\S+/);
  await shot('events');
});
