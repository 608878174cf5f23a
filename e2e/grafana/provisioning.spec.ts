import type { APIRequestContext } from '@playwright/test';

import { expect, pluginId, source, test } from './fixtures';

async function found(request: APIRequestContext, title: string): Promise<Array<{ uid: string; url: string }>> {
  return (await request.get(`/api/search?type=dash-db&query=${encodeURIComponent(title)}`)).json();
}

test('the data source of the file is there, and answers', async ({ request, readProvisionedDataSource }) => {
  const file = await readProvisionedDataSource({ fileName: 'ampkit.yaml' });
  const saved = await (await request.get(`/api/datasources/uid/${file.uid}`)).json();
  expect(saved).toMatchObject({ name: file.name, type: pluginId, readOnly: true, isDefault: true });
  const health = await (await request.get(`/api/datasources/uid/${file.uid}/health`)).json();
  expect(health).toMatchObject({ status: 'OK', details: { outcome: 'passed' } });
});

for (const [title, panels] of [
  ['Recommender', 6],
  ['Workspace usage', 9],
] as const) {
  test(`every panel of "${title}" shows data`, async ({ page, request, shot }) => {
    const answers: Array<Promise<{ status: number; body: string; frames: number }>> = [];
    page.on('response', (response) => {
      if (response.url().includes('/api/ds/query')) {
        answers.push(
          response.text().then((body) => ({
            status: response.status(),
            body: body.slice(0, 500),
            frames: Object.values<{ frames?: Array<{ schema: { fields: unknown[] } }> }>(
              JSON.parse(body).results ?? {}
            ).reduce((n, r) => n + (r.frames ?? []).filter((f) => f.schema.fields.length > 0).length, 0),
          }))
        );
      }
    });
    const [dashboard] = await found(request, title);
    await page.goto(dashboard.url);
    const row = page.getByRole('button', { name: 'Expand row' });
    await expect(page.getByTestId(/^data-testid Panel header/).first()).toBeVisible();
    if (await row.isVisible()) {
      await row.click();
    }
    await expect(page.getByTestId(/^data-testid Panel header/)).toHaveCount(panels);
    await expect.poll(() => answers.length).toBeGreaterThanOrEqual(panels);
    for (const answer of await Promise.all(answers)) {
      expect(answer.status, answer.body).toBe(200);
    }
    const withData = (await Promise.all(answers)).filter((a) => a.frames > 0).length;
    expect(withData).toBeGreaterThanOrEqual(panels);
    await expect(page.getByText('No data', { exact: true })).toBeHidden();
    await expect(page.getByTestId(/Panel status error/)).toBeHidden();
    await shot('dashboard');
  });
}

test('a dashboard of the plugin is imported for a second data source too', async ({ page, request, shot }) => {
  const made = await request.post('/api/datasources', {
    data: {
      name: 'Second workspace',
      type: pluginId,
      access: 'proxy',
      url: (await (await request.get(`/api/datasources/uid/${source.uid}`)).json()).url,
      jsonData: { sigV4Region: 'us-east-1' },
    },
  });
  const { datasource } = await made.json();
  try {
    for (const uid of [source.uid, datasource.uid]) {
      await page.goto(`/connections/datasources/edit/${uid}/dashboards`);
      const rows = page.getByRole('table').getByRole('row');
      await expect(rows.filter({ hasText: 'Workspace usage' })).toBeVisible();
      await rows
        .filter({ hasText: 'Workspace usage' })
        .getByRole('button', { name: /import/i })
        .click();
      await expect(page.getByText('Dashboard Imported')).toBeVisible();
      await shot(uid === source.uid ? 'first' : 'second');
    }
  } finally {
    await request.delete(`/api/datasources/uid/${datasource.uid}`);
  }
});
