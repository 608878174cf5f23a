import { expect, test } from './fixtures';

test('the settings say what the URL means, and are saved and tested', async ({ page, server, state, shot }) => {
  const [workspace] = state.workspaces.filter((ws) => ws.alias === 'production');
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'AWS connection' })).toBeVisible();
  await expect(page.getByLabel('What the URL means')).toContainText(workspace.id);
  await shot('opened');

  const url = page.getByLabel(/^Workspace URL/);
  await url.fill(workspace.arn);
  await expect(page.getByLabel('What the URL means')).toContainText(state.account);
  await url.blur();
  await expect(url).toHaveValue(workspace.url);

  await page.getByLabel(/^Assume Role ARN/).fill(state.assumedRole);
  await page.getByRole('button', { name: 'Expand section Advanced settings' }).click();
  await page.getByLabel(/^Query error threshold/).fill('5000000');
  await page.getByRole('button', { name: 'Expand section Private network and TLS' }).click();
  await shot('filled');
  await page.getByRole('button', { name: 'Save & test' }).click();
  await expect(page.getByTestId('health')).toContainText(`Workspace ${workspace.id} in ${state.region} answers.`);
  await shot('tested');

  expect((await server.saved()).jsonData).toEqual({
    sigV4Region: state.region,
    sigV4AssumeRoleArn: state.assumedRole,
    queryStatsEnabled: true,
    defaultEditor: 'code',
    maxSamplesProcessedErrorThreshold: 5000000,
  });
});

test('the settings name what is wrong', async ({ page, server, state, shot }) => {
  await server.store({
    url: state.workspaces[0].url,
    jsonData: { sigV4AuthType: 'keys', sigV4Region: 'eu-west-1', sigV4AssumeRoleArn: 'reader' },
  });
  await page.goto('/?theme=light');
  await expect(page.getByText(`Use region ${state.region} of the URL`)).toBeVisible();
  await expect(page.getByText('The access key id is empty')).toBeVisible();
  await shot('wrong');
});

test('provisioned settings are out of reach of pointer and keyboard', async ({ page, server, state, shot }) => {
  await server.store({ url: state.workspaces[0].url, readOnly: true });
  await page.goto('/');
  await expect(page.getByText('Provisioned: nothing can be changed here')).toBeVisible();
  await page.getByRole('button', { name: 'Expand section Advanced settings' }).click();
  await shot('provisioned');
  await page.getByText('AWS SDK Default').click({ force: true });
  await expect(page.getByText('Access & secret key')).toBeHidden();
  expect(await page.locator('input:not(:disabled), textarea:not(:disabled)').count()).toBe(0);
});
