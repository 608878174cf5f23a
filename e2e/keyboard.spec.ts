import { type Locator, type Page } from '@playwright/test';

import { answered, expect, readQuery, test } from './fixtures';

/** Goes on with Tab until the element has the focus, as somebody without a pointer has to. */
async function tabTo(page: Page, wanted: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab') {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press(key);
    if (await wanted.evaluateAll((found) => found.some((element) => element === document.activeElement))) {
      return;
    }
  }
  throw new Error(`${wanted} is not reached with ${key}`);
}

test('a data source is set up without a pointer', async ({ page, server, state, shot }) => {
  await server.store({ url: '', jsonData: {} });
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'AWS connection' })).toBeVisible();
  await tabTo(page, page.getByLabel(/^Assume Role ARN/));
  await page.keyboard.type(state.assumedRole);
  await tabTo(page, page.getByRole('combobox', { name: /^Region/ }));
  await page.keyboard.type(state.region);
  await expect(page.getByRole('option', { name: new RegExp(state.region) })).toBeVisible();
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('combobox', { name: /^Workspace/ }));
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('option', { name: 'production' })).toBeVisible();
  await page.keyboard.type('produ');
  await expect(page.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel(/^Workspace URL/)).toHaveValue(/aps-workspaces/);

  await tabTo(page, page.getByRole('button', { name: 'Expand section Advanced settings' }));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByLabel(/^Query statistics/));
  await page.keyboard.press('Space');
  await tabTo(page, page.getByRole('button', { name: 'Save & test' }));
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('health')).toContainText('answers.');
  await shot('tested');
  expect((await server.saved()).jsonData).toMatchObject({
    queryStatsEnabled: true,
    sigV4AssumeRoleArn: state.assumedRole,
  });
});

test('a query is typed, run and changed without a pointer', async ({ page, shot }) => {
  await page.goto('/query');
  const editor = page.locator('.monaco-editor').first();
  await expect(editor).toBeVisible();
  await tabTo(page, page.locator('.monaco-editor textarea, .monaco-editor [role="textbox"]'));
  await page.keyboard.type('http_requests_tot');
  await expect(page.locator('.suggest-widget.visible .monaco-list-row').first()).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Shift+Enter');
  await answered(page);
  expect((await readQuery(page)).expr).toBe('http_requests_total');
  await shot('code');

  // Out of the editor again, where Tab is a character until Ctrl+M, and over to the builder.
  await page.keyboard.press('Control+m');
  await tabTo(page, page.getByRole('radio', { name: /^(Builder|Code)$/ }), 'Shift+Tab');
  await page.keyboard.press('ArrowLeft');
  await tabTo(page, page.getByTestId('data-testid metric select').or(page.getByPlaceholder('http_requests_total')));
  await shot('builder');
  await tabTo(page, page.getByRole('button', { name: /^Options/ }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('radio', { name: 'Instant', exact: true })).toBeAttached();
  await shot('options');
});
