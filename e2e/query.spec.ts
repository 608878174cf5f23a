import { expect, openQuery, test } from './fixtures';

test('a query is typed with completion and run', async ({ page, shot }) => {
  await openQuery(page);
  const editor = page.locator('.monaco-editor').first();
  await editor.click();
  await page.keyboard.type('http_requests');
  await expect(page.locator('.suggest-widget')).toContainText('http_requests_total');
  await shot('completion');
  await page.keyboard.press('Enter');
  await expect(editor).toContainText('http_requests_total');
  await page.getByRole('button', { name: 'Run queries' }).click();
  await expect(page.getByLabel('Series').getByRole('listitem').first()).toBeVisible();
  await expect(page.getByTestId('ampkit-query-cost')).toContainText('samples processed, about USD');
  await expect(page.getByText('Exemplars')).toBeHidden();
  await shot('run');
});

test('the builder lists metrics and labels', async ({ page, shot }) => {
  await openQuery(page, {
    editorMode: 'builder',
    expr: 'rate(http_requests_total{exported_job="recommender"}[$__rate_interval])',
  });
  await expect(page.getByText('http_requests_total').first()).toBeVisible();
  await page.getByRole('button', { name: 'Run queries' }).click();
  await expect(page.getByLabel('Series').getByRole('listitem').first()).toBeVisible();
  await shot('run');
});
