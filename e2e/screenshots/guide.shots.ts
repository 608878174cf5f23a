import { expect, openQuery, test } from '../fixtures';
import { picture } from './picture';

/** What Grafana's own frame would leave of a screen, as high as a picture needs. */
const size = (height: number) => ({ width: 1000, height });

test('settings', async ({ page, state }) => {
  await page.setViewportSize(size(1150));
  await page.goto('/?theme=light');
  await expect(page.getByLabel('What the URL means')).toContainText(state.region);
  await picture(page, 'settings');
});

test('Save & test without a permission', async ({ browser, baseURL, server }) => {
  await server.forbid('aps:QueryMetrics');
  const page = await browser.newPage({ baseURL, viewport: size(1600) }); // one that is not watched: it is to fail
  await page.goto('/?theme=light');
  await page.getByRole('button', { name: 'Save & test' }).click();
  const checks = page.getByRole('table', { name: 'Checks' });
  await expect(checks).toContainText('aps:QueryMetrics');
  await picture(checks, 'save-and-test');
});

test('a query and what it costs', async ({ page, server, state }) => {
  await page.setViewportSize(size(460));
  await server.store({
    url: state.workspaces[0].url,
    jsonData: { sigV4Region: state.region, queryStatsEnabled: true, timeInterval: '15s' },
  });
  await openQuery(
    page,
    { expr: 'sum(rate(http_requests_total{exported_job="recommender"}[5m])) by (path)', editorMode: 'builder' },
    { theme: 'light' }
  );
  await page.getByRole('button', { name: 'Run queries' }).click();
  await expect(page.getByTestId('ampkit-query-cost')).toContainText('samples processed');
  await picture(page, 'query');
});
