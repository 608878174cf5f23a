import { pasted } from '../pasted';
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

test('a workspace is understood however it is pasted', async ({ page, createDataSourceConfigPage, shot }) => {
  await createDataSourceConfigPage({ type: pluginId });
  const id = 'ws-1f73328e-784f-4429-aeac-611988b98431';
  await page.getByLabel(/^Region/).click();
  await page.keyboard.type('eu-central-1');
  await page.getByRole('option', { name: /eu-central-1/ }).click();
  for (const [kind, write] of Object.entries(pasted)) {
    await test.step(kind, async () => {
      await page.getByLabel(/^Workspace URL/).fill(write(id, `arn:aws:aps:eu-central-1:123456789012:workspace/${id}`));
      await expect(page.getByLabel('What the URL means')).toContainText(id);
      await expect(page.getByLabel('What the URL means')).toContainText('eu-central-1');
    });
  }
  await page.getByLabel(/^Workspace URL/).fill(`https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/${id}`);
  await expect(page.getByText('Use region eu-west-1 of the URL')).toBeVisible();
  await shot('contradiction');
});

test('what is pasted is understood before Enter saves it', async ({ page, createDataSourceConfigPage }) => {
  const config = await createDataSourceConfigPage({ type: pluginId });
  const id = 'ws-1f73328e-784f-4429-aeac-611988b98431';
  await page.getByLabel(/^Workspace URL/).fill(`arn:aws:aps:eu-central-1:123456789012:workspace/${id}`);
  const saved = page.waitForRequest(
    (r) => r.method() === 'PUT' && r.url().includes(`/api/datasources/uid/${config.datasource.uid}`)
  );
  await page.getByLabel(/^Workspace URL/).press('Enter');
  expect((await saved).postDataJSON().url).toBe(`https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/${id}/`);
});

test('what will not work is said as it is typed, and by the test', async ({
  page,
  createDataSourceConfigPage,
  shot,
}) => {
  const config = await createDataSourceConfigPage({ type: pluginId });
  await page.getByRole('combobox', { name: 'Authentication Provider' }).click();
  await page.getByRole('option', { name: 'Access & secret key' }).click();
  await page.getByLabel(/^Assume Role ARN/).fill('arn:aws:iam::12:role');
  await page.getByLabel(/^Region/).click();
  await page.keyboard.type('us-esat-1');
  await page.getByRole('option', { name: /Use this region/ }).click();
  const problems = page.getByRole('status', { name: 'Problems with the AWS connection' });
  for (const text of ['access key id is empty', 'secret access key is empty', 'not the ARN of a role']) {
    await expect(problems).toContainText(text);
  }
  await expect(page.getByText('"us-esat-1" is not an AWS region; the nearest one is "us-east-1".')).toBeVisible();
  await page.getByRole('button', { name: 'Expand section Private network and TLS' }).click();
  await page.getByText('Add self-signed certificate').click();
  const certificate = page.getByRole('status', { name: 'Problems with certificates' });
  await expect(certificate).toContainText('The CA certificate is empty');
  await page.getByPlaceholder(/BEGIN CERTIFICATE/).fill('/etc/ssl/ca.pem');
  await expect(certificate).toContainText('paste the whole file');
  await shot('typed');
  expect((await config.saveAndTest()).ok()).toBe(false);
  await expect(page.getByRole('table', { name: 'Checks' }).getByText('Failed')).toBeVisible();
  await expect(page.getByRole('row', { name: /Settings/ })).toContainText('not the ARN of a role');
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
