import { findings } from './accessibility';
import { answered, expect, openQuery, runQuery, test } from './fixtures';

for (const theme of ['dark', 'light']) {
  test(`the settings keep nobody out, ${theme}`, async ({ page, server, state }) => {
    await page.goto(`/?theme=${theme}`);
    await expect(page.getByRole('heading', { name: 'AWS connection' })).toBeVisible();
    for (const section of ['Advanced settings', 'Private network and TLS']) {
      await page.getByRole('button', { name: `Expand section ${section}` }).click();
    }
    await page.getByRole('button', { name: 'Save & test' }).click();
    await expect(page.getByTestId('health')).toBeVisible();
    expect(await findings(page)).toEqual([]);

    await server.store({
      url: state.workspaces[0].url,
      readOnly: true,
      jsonData: { sigV4AuthType: 'keys', sigV4Region: 'us-esat-1', sigV4AssumeRoleArn: 'reader' },
    });
    await page.reload();
    await expect(page.getByText('Provisioned: nothing can be changed here')).toBeVisible();
    expect(await findings(page)).toEqual([]);
  });
}

test('the query editor keeps nobody out', async ({ page }) => {
  await openQuery(page, { editorMode: 'builder', expr: 'rate(http_requests_total{job="a"}[5m])' });
  await page.getByRole('button', { name: /^Options/ }).click();
  await runQuery(page);
  await expect(page.getByText('No data')).toBeVisible();
  expect(await findings(page)).toEqual([]);

  await openQuery(page, { expr: 'rate(http_requests_total[5m])' });
  await runQuery(page);
  await answered(page);
  await expect(page.getByTestId('ampkit-query-cost')).toBeVisible();
  expect(await findings(page)).toEqual([]);
});

for (const path of ['/variable', '/annotation']) {
  test(`the editor at ${path} keeps nobody out`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole('button', { name: /Run query|Test annotation query/ })).toBeVisible();
    expect(await findings(page)).toEqual([]);
  });
}

test.describe('a cause', () => {
  test.use({ refused: /\/resources\// });

  test('keeps nobody out', async ({ page, server }) => {
    await server.forbid('aps:GetLabels');
    await openQuery(page, { editorMode: 'builder', expr: '' });
    await page.getByTestId('data-testid metric select').click();
    await expect(page.getByText("Metrics and labels can't be listed")).toBeVisible();
    expect(await findings(page)).toEqual([]);
  });
});
