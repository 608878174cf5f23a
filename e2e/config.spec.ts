import { type Page } from '@playwright/test';

import { expect, test } from './fixtures';
import { host, pasted } from './pasted';

const url = (page: Page) => page.getByLabel(/^Workspace URL/);
const picker = (page: Page) => page.getByRole('combobox', { name: /^Workspace/ });
const means = (page: Page) => page.getByLabel('What the URL means');
const saveAndTest = (page: Page) => page.getByRole('button', { name: 'Save & test' }).click();
const checks = (page: Page) => page.getByRole('table', { name: 'Checks' });

test('a new data source: a workspace is picked, saved and tested', async ({ page, server, state, shot }) => {
  await server.store({ url: '', jsonData: {} });
  await page.goto('/');
  await page.getByLabel(/^Region/).fill(state.region);
  await page.getByRole('option', { name: new RegExp(state.region) }).click();
  await picker(page).click();
  for (const { id, alias } of state.workspaces) {
    await expect(page.getByRole('option', { name: alias || id })).toBeVisible();
  }
  await expect(page.getByRole('option', { name: 'new' })).toContainText('CREATING');
  await shot('workspaces');
  await page.keyboard.type('stag');
  await page.getByRole('option', { name: 'staging' }).click();

  const staging = state.workspaces.find(({ alias }) => alias === 'staging')!;
  await expect(url(page)).toHaveValue(staging.url);
  await saveAndTest(page);
  await expect(page.getByTestId('health')).toContainText(`Workspace ${staging.id} in ${state.region} answers.`);
  await expect(checks(page).getByText('aps:QueryMetrics is permitted')).toBeVisible();
  await expect(checks(page).getByText('Failed')).toHaveCount(0);
  await shot('tested');
  expect((await server.saved()).url).toBe(staging.url);
});

test('what is set is saved, and nothing else', async ({ page, server, state, shot }) => {
  await page.goto('/');
  await page.getByLabel(/^Assume Role ARN/).fill(state.assumedRole);
  await page.getByRole('button', { name: 'Expand section Advanced settings' }).click();
  await page.getByLabel(/^Query error threshold/).fill('5000000');
  await page.getByRole('button', { name: 'Expand section Private network and TLS' }).click();
  await shot('filled');
  await saveAndTest(page);
  await expect(page.getByTestId('health')).toContainText('answers.');
  await expect(checks(page)).toContainText('assumed-role/grafana-query');
  await shot('tested');
  expect((await server.saved()).jsonData).toEqual({
    sigV4Region: state.region,
    sigV4AssumeRoleArn: state.assumedRole,
    queryStatsEnabled: true,
    defaultEditor: 'code',
    maxSamplesProcessedErrorThreshold: 5000000,
  });
});

test('all of it fits a narrow window', async ({ page, server, state, shot }) => {
  await server.store({ url: state.workspaces[0].url, jsonData: { httpHeaderName1: 'X-Team' } });
  await page.setViewportSize({ width: 420, height: 900 });
  await page.goto('/');
  await page.getByRole('button', { name: 'Expand section Advanced settings' }).click();
  await page.getByRole('button', { name: 'Remove header 1' }).scrollIntoViewIfNeeded();
  await shot('narrow');
  const inputs = await page
    .locator('input:visible, button:visible')
    .evaluateAll((all) =>
      all.filter((e) => e.getBoundingClientRect().right > window.innerWidth).map((e) => e.id || e.ariaLabel)
    );
  expect(inputs).toEqual([]);
});

test('keys are kept, and not shown again', async ({ page, server, state, shot }) => {
  await server.store({ url: state.workspaces[0].url, jsonData: { sigV4AuthType: 'keys', sigV4Region: state.region } });
  await page.goto('/');
  await page.getByLabel(/^Access Key ID/).fill(state.accessKey.id);
  await page.getByLabel(/^Secret Access Key/).fill(state.accessKey.secret);
  await expect(page.getByLabel(/^Secret Access Key/)).toHaveCSS('-webkit-text-security', 'disc');
  await shot('typed');
  await saveAndTest(page);
  await expect(checks(page)).toContainText('user/grafana');
  await expect(page.getByLabel(/^Secret Access Key/)).toBeDisabled();
  const saved = await server.saved();
  expect(saved.secureJsonFields).toEqual({ sigV4AccessKey: true, sigV4SecretKey: true });
  expect(JSON.stringify(saved)).not.toContain(state.accessKey.secret);
});

test('a workspace is understood however it is pasted', async ({ page, state, shot }) => {
  const { id, arn } = state.workspaces.find(({ alias }) => alias === 'production')!;
  await page.goto('/');
  for (const [kind, write] of Object.entries(pasted)) {
    await test.step(kind, async () => {
      await url(page).fill(write(id, arn));
      await expect(means(page)).toContainText(id);
      await expect(means(page)).toContainText(state.region);
      await url(page).blur();
      await saveAndTest(page);
      await expect(page.getByTestId('health')).toContainText(`Workspace ${id} in ${state.region} answers.`);
      await shot(kind.replace(/\W+/g, '-'));
    });
  }
});

test.describe('a test that fails', () => {
  test.use({ refused: /\/health$/ });

  test('names the permission that is missing', async ({ page, server, state, shot }) => {
    await server.forbid('aps:QueryMetrics', 'aps:GetLabels');
    await page.goto('/');
    await saveAndTest(page);
    const { arn } = state.workspaces.find(({ alias }) => alias === 'production')!;
    await expect(page.getByTestId('health')).toContainText('aps:QueryMetrics');
    const query = checks(page).getByRole('row', { name: /^Failed Query/ });
    await expect(query).toContainText(`rant aps:QueryMetrics on ${arn}`);
    await expect(query).toContainText(/AWS request id [0-9a-f-]{36}/);
    await expect(checks(page).getByRole('row', { name: /^Missing Labels/ })).toContainText('aps:GetLabels');
    await expect(checks(page).getByRole('row', { name: /^Passed Series/ })).toBeVisible();
    await shot('forbidden');
  });

  test('names a workspace that is not there', async ({ page, state, shot }) => {
    await page.goto('/');
    await url(page).fill(`https://${host}/workspaces/ws-00000000-0000-0000-0000-000000000000/`);
    await saveAndTest(page);
    await expect(page.getByTestId('health')).toContainText('ws-00000000-0000-0000-0000-000000000000');
    await shot(state.region);
  });
});

test('where listing is not permitted, it is said which action is missing', async ({ page, server, shot }) => {
  await server.forbid('aps:ListWorkspaces');
  await page.goto('/');
  await picker(page).click();
  await expect(page.getByLabel('Workspaces found')).toContainText('aps:ListWorkspaces');
  await expect(page.getByLabel('Workspaces found')).toContainText(/[0-9a-f-]{36}/);
  await shot('not-listed');
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
  await server.store({ url: state.workspaces[0].url, jsonData: { sigV4Region: state.region }, readOnly: true });
  await page.goto('/');
  await expect(page.getByText('Provisioned: nothing can be changed here')).toBeVisible();
  await expect(page.getByLabel(/^Region/)).toHaveValue(state.region);
  await expect(page.getByRole('button', { name: 'Clear value' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Expand section Advanced settings' }).click();
  await shot('provisioned');
  await page.getByText('AWS SDK Default').click({ force: true });
  await expect(page.getByText('Access & secret key')).toBeHidden();
  expect(await page.locator('input:not(:disabled), textarea:not(:disabled)').count()).toBe(0);
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByTestId('health')).toContainText('answers.');
});

test.describe('somebody who is no Admin', () => {
  test.use({ refused: /\/api\/datasources\/uid\/amp$|\/resources\/workspaces/ });

  test('queries, and sees neither settings nor workspaces', async ({ page, server, request }) => {
    await server.become('Viewer');
    await page.goto('/query?app=explore&query={"refId":"A","range":true,"expr":"up"}');
    await page.locator('.monaco-editor').first().click();
    await page.keyboard.press('Shift+Enter');
    await expect(page.getByLabel('Series').getByRole('listitem').first()).toBeVisible();
    await page.goto('/');
    await expect(page.getByTestId('problem')).toContainText('permissions');
    const listing = await request.get('/api/datasources/uid/amp/resources/workspaces');
    expect(listing.status()).toBe(403);
    const health = await (await request.get('/api/datasources/uid/amp/health')).json();
    expect(health.details).toBeUndefined();
  });
});
