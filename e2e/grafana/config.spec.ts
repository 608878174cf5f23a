import { expect, pluginId, source, test, workspace } from './fixtures';

test('a new data source picks its workspace, and each check is shown', async ({
  page,
  request,
  createDataSourceConfigPage,
  shot,
}) => {
  const config = await createDataSourceConfigPage({ type: pluginId });
  await expect(page.getByRole('heading', { name: 'AWS connection' })).toBeVisible();
  await shot('new');
  const address = (await (await request.get(`/api/datasources/uid/${source.uid}`)).json()).url;
  await page.getByLabel(/^Workspace URL/).fill(address);
  await page.getByLabel(/^Workspace URL/).blur();
  await shot('url');
  await expect((await config.saveAndTest()).ok()).toBe(true);
  await expect(page.getByText('aps:QueryMetrics').first()).toBeVisible();
  await shot('tested');
});

test('Save & test names the permission that is missing', async ({ page, gotoDataSourceConfigPage, faults, shot }) => {
  await faults.set({
    status: 403,
    body: '{"message":"User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: aps:QueryMetrics"}',
    path: 'api/v1/query',
  });
  await gotoDataSourceConfigPage(source.uid);
  await page.getByRole('button', { name: /^(Save & test|Test)$/ }).click();
  await expect(page.getByText('aps:QueryMetrics').first()).toBeVisible();
  await shot('refused');
});

test('a provisioned data source cannot be changed', async ({ page, gotoDataSourceConfigPage, shot }) => {
  await gotoDataSourceConfigPage(source.uid);
  await expect(page.getByText('Provisioned: nothing can be changed here')).toBeVisible();
  await expect(page.getByLabel(/^Workspace URL/)).toHaveValue(new RegExp(workspace));
  await expect(page.getByLabel(/^Workspace URL/)).toBeDisabled();
  await shot('provisioned');
});
