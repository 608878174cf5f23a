import { type Page } from '@playwright/test';

import { expect, openQuery, test } from './fixtures';

/** What the editor says below itself. */
const below = (page: Page) => page.getByRole('alert').filter({ hasText: "Metrics and labels can't be listed" });

// Each list says why it is empty where it would be, and the editor says it below.
test.describe('a list that fails', () => {
  test.use({ refused: /\/resources\// });

  const cause = /[Gg]rant aps:GetLabels on arn:aws:aps:/;

  test.beforeEach(async ({ server }) => {
    await server.forbid('aps:GetLabels');
  });

  test('says why in the builder', async ({ page, shot }) => {
    await openQuery(page, { editorMode: 'builder', expr: 'rate(http_requests_total{job="a"}[5m])' });
    await page.getByTestId('data-testid metric select').click();
    await expect(page.getByRole('listbox')).toContainText(cause);
    await expect(page.getByRole('listbox')).toContainText(/request id [0-9a-f-]{36}/);
    await shot('metrics');
    await page.keyboard.press('Escape');
    for (const part of ['key', 'value']) {
      await page.locator(`#prometheus-dimensions-filter-item-${part}`).click();
      await expect(page.getByLabel('Select options menu')).toContainText(cause);
      await shot(part);
      await page.keyboard.press('Escape');
    }
    await expect(page.getByText('No options found')).toBeHidden();
    await expect(below(page)).toContainText(cause);
  });

  test('says why in the metrics explorer', async ({ page, shot }) => {
    await openQuery(page, { editorMode: 'builder', expr: '' });
    await page.getByRole('button', { name: 'Open metrics explorer' }).click();
    await expect(page.getByRole('dialog')).toContainText(cause);
    await shot('opened');
  });

  test('says why in code', async ({ page, shot }) => {
    await openQuery(page);
    await page.locator('.monaco-editor').first().click();
    await page.keyboard.type('http');
    await expect(below(page)).toContainText(cause);
    await page.getByRole('button', { name: 'Metrics browser' }).click();
    await expect(page.getByRole('alert').filter({ hasText: "Metrics can't be listed" })).toContainText(cause);
    await shot('browser');
  });

  test('is an error for variables', async ({ page, shot }) => {
    await page.goto('/variable');
    await page.getByLabel('Query type').click();
    await page.getByRole('option', { name: 'Label names' }).click();
    await page.getByLabel('Metric regex').focus();
    await page.getByLabel('Metric regex').blur();
    await page.getByRole('button', { name: 'Run query' }).click();
    await expect(page.getByTestId('problem')).toContainText(cause);
    await shot('label-names');
    await page.getByLabel('Query type').click();
    await page.getByRole('option', { name: 'Label values' }).click();
    await page.getByTestId('data-testid label values label select').click();
    await expect(page.getByLabel('Select options menu')).toContainText(cause);
    await shot('label-values');
  });

  test('is an error for ad-hoc filters', async ({ page }) => {
    await openQuery(page, { expr: 'up' });
    await page.getByLabel('Filter').click();
    await expect(page.getByTestId('filter-problem')).toContainText(cause);
  });
});

test('a list comes back when its cause is gone', async ({ page, server }) => {
  await openQuery(page, { editorMode: 'builder', expr: '' });
  await server.forbid();
  await page.getByTestId('data-testid metric select').click();
  await expect(page.getByRole('option', { name: 'http_requests_total' })).toBeVisible();
  await expect(below(page)).toBeHidden();
});
