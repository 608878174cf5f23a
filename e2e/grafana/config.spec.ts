import { expect, pluginId, source, test, workspace } from './fixtures';

test('a new data source picks its region and its workspace, and shows each check', async ({
  page,
  createDataSourceConfigPage,
  shot,
}) => {
  const config = await createDataSourceConfigPage({ type: pluginId });
  await expect(page.getByRole('heading', { name: 'AWS connection' })).toBeVisible();
  await shot('new');
  await page.getByLabel(/^Region/).click();
  await page.keyboard.type('us-east-1');
  await page.getByRole('option', { name: /us-east-1/ }).click();
  await page.getByRole('combobox', { name: /^Workspace/ }).click();
  await page.getByRole('option', { name: /demo/ }).click();
  await expect(page.getByLabel('What the URL means')).toContainText(workspace);
  await shot('picked');
  expect((await config.saveAndTest()).ok()).toBe(true);
  await expect(page.getByText('Test result')).toBeVisible();
  await page.getByText('aps:GetMetricMetadata is permitted').scrollIntoViewIfNeeded();
  await expect(page.getByText('Failed', { exact: true })).toBeHidden();
  await shot('tested');
});

test('the test names the permission that is missing', async ({ page, gotoDataSourceConfigPage, faults, shot }) => {
  await faults.set({
    status: 403,
    body: '{"message":"User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: aps:QueryMetrics"}',
    path: 'api/v1/query',
  });
  await gotoDataSourceConfigPage(source.uid);
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByText('Failed', { exact: true }).first()).toBeVisible();
  await page.getByText('Failed', { exact: true }).first().scrollIntoViewIfNeeded();
  await expect(page.getByText(/aps:QueryMetrics/).first()).toBeVisible();
  await shot('refused');
});

test('a provisioned data source cannot be changed', async ({ page, gotoDataSourceConfigPage, shot }) => {
  await gotoDataSourceConfigPage(source.uid);
  await expect(page.getByText('Provisioned: nothing can be changed here')).toBeVisible();
  await expect(page.getByLabel(/^Workspace URL/)).toHaveValue(new RegExp(workspace));
  await expect(page.getByLabel(/^Workspace URL/)).toBeDisabled();
  await shot('provisioned');
});
