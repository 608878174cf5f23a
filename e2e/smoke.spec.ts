import { expect, type Page, test as base } from '@playwright/test';

import { expectNoConsoleErrors } from './console';

const workspace = 'ws-12345678-90ab-cdef-1234-567890abcdef';

const test = base.extend<{ watched: Page }>({
  watched: async ({ page, baseURL }, use) => {
    const problems = expectNoConsoleErrors(page, baseURL!);
    await use(page);
    expect(problems()).toEqual([]);
  },
});

test.beforeEach(async ({ request }) => {
  await request.post('/api/reset');
});

test('the settings say what the URL means, and are saved and tested', async ({ watched: page, request }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'AWS connection' })).toBeVisible();
  await expect(page.getByLabel('What the URL means')).toContainText(workspace);
  await page.screenshot({ path: 'test-results/config.png', fullPage: true });

  const url = page.getByLabel(/^Workspace URL/);
  await url.fill(`arn:aws:aps:us-east-1:111122223333:workspace/${workspace}`);
  await expect(page.getByLabel('What the URL means')).toContainText('111122223333');
  await url.blur();
  await expect(url).toHaveValue(`https://aps-workspaces.us-east-1.amazonaws.com/workspaces/${workspace}/`);

  await page.getByLabel(/^Assume Role ARN/).fill('arn:aws:iam::111122223333:role/amp-reader');
  await page.getByRole('button', { name: 'Expand section Advanced settings' }).click();
  await page.getByLabel(/^Query error threshold/).fill('5000000');
  await page.getByRole('button', { name: 'Expand section Private network and TLS' }).click();
  await page.screenshot({ path: 'test-results/config-all.png', fullPage: true });
  await page.getByRole('button', { name: 'Save & test' }).click();
  await expect(page.getByTestId('health')).toContainText(workspace);

  const { jsonData } = await (await request.get('/api/datasources/uid/amp')).json();
  expect(jsonData).toEqual({
    sigV4Region: 'us-east-1',
    sigV4AssumeRoleArn: 'arn:aws:iam::111122223333:role/amp-reader',
    queryStatsEnabled: true,
    defaultEditor: 'code',
    maxSamplesProcessedErrorThreshold: 5000000,
  });
});

test('the settings name what is wrong', async ({ watched: page, request }) => {
  const jsonData = { sigV4AuthType: 'keys', sigV4Region: 'eu-west-1', sigV4AssumeRoleArn: 'reader' };
  await request.post('/api/reset', { data: { jsonData } });
  await page.goto('/?theme=light');
  await expect(page.getByText('Use region us-east-1 of the URL')).toBeVisible();
  await expect(page.getByText('The access key id is empty')).toBeVisible();
  await page.screenshot({ path: 'test-results/config-wrong.png', fullPage: true });
});

test('provisioned settings are out of reach of pointer and keyboard', async ({ watched: page, request }) => {
  await request.post('/api/reset', { data: { readOnly: true } });
  await page.goto('/');
  await expect(page.getByText('Provisioned: nothing can be changed here')).toBeVisible();
  await page.getByRole('button', { name: 'Expand section Advanced settings' }).click();
  await page.screenshot({ path: 'test-results/config-provisioned.png', fullPage: true });
  await page.getByText('AWS SDK Default').click({ force: true });
  await expect(page.getByText('Access & secret key')).toBeHidden();
  expect(await page.locator('input:not(:disabled), textarea:not(:disabled)').count()).toBe(0);
});

test('a query is typed with completion and run', async ({ watched: page }) => {
  await page.goto('/query?app=panel-editor');
  const editor = page.locator('.monaco-editor').first();
  await editor.click();
  await page.keyboard.type('http_req');
  await expect(page.locator('.suggest-widget')).toContainText('http_requests_total');
  await page.screenshot({ path: 'test-results/query-completion.png', fullPage: true });
  await page.keyboard.press('Enter');
  await expect(editor).toContainText('http_requests_total');
  await page.getByRole('button', { name: 'Run queries' }).click();
  await expect(page.getByLabel('Series').getByRole('listitem')).toHaveCount(3);
  await expect(page.getByTestId('ampkit-query-cost')).toContainText('samples processed, about USD');
  await expect(page.getByText('Exemplars')).toBeHidden();
  await page.screenshot({ path: 'test-results/query-code.png', fullPage: true });
});

test('the builder lists metrics and labels', async ({ watched: page }) => {
  const query = JSON.stringify({
    refId: 'A',
    editorMode: 'builder',
    expr: 'rate(http_requests_total{exported_job="recommender"}[$__rate_interval])',
  });
  await page.goto(`/query?app=panel-editor&query=${encodeURIComponent(query)}`);
  await expect(page.getByText('http_requests_total').first()).toBeVisible();
  await page.getByRole('button', { name: 'Run queries' }).click();
  await expect(page.getByLabel('Series').getByRole('listitem')).toHaveCount(3);
  await page.screenshot({ path: 'test-results/query-builder.png', fullPage: true });
});
