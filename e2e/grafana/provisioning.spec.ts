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
  const { data } = await (await request.get(`/api/datasources/uid/${file.uid}/resources/api/v1/metadata`)).json();
  expect(data.http_requests_total).toMatchObject([{ type: 'counter' }]);
});

const examples = ['AMP', 'AMP (keys)', 'AMP (profile)', 'AMP (role)', 'AMP (other account)', 'AMP (VPC endpoint)'];

for (const name of examples) {
  test(`the example "${name}" is loaded, and can only be looked at`, async ({ page, request, shot }) => {
    const loaded = await request.get(`/api/datasources/name/${encodeURIComponent(name)}`);
    test.skip(loaded.status() === 404, 'the examples are there when the tests start their Grafana: GRAFANA_HOME');
    const { uid, readOnly } = await loaded.json();
    expect(readOnly).toBe(true);
    await page.goto(`/connections/datasources/edit/${uid}`);
    await expect(page.getByText('Provisioned: nothing can be changed here')).toBeVisible();
    for (const section of ['Private network and TLS', 'Advanced settings']) {
      const closed = page.getByRole('button', { name: `Expand section ${section}` });
      if (await closed.isVisible()) {
        await closed.click();
      }
    }
    await expect(page.getByLabel('What the URL means')).toContainText('ws-11111111-2222-3333-4444-555555555555');
    await expect(page.getByText(/This will not work|This may not be meant/)).toBeHidden();
    const form = page.locator('form');
    await expect(form.locator('input:disabled')).not.toHaveCount(0);
    await expect(form.locator('input:enabled, textarea:enabled')).toHaveCount(0);
    await shot('form');
  });
}

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

test('a dashboard with an input is imported', async ({ page, request, shot }) => {
  const exported = (type: string) => ({
    __inputs: [{ name: 'DS', label: 'Source', type: 'datasource', pluginId: type, pluginName: type }],
    title: `Imported, asking for ${type}`,
    schemaVersion: 41,
    time: { from: 'now-15m', to: 'now' },
    panels: [
      {
        id: 1,
        type: 'timeseries',
        title: 'Targets',
        datasource: { type, uid: '${DS}' },
        targets: [{ refId: 'A', expr: 'up', datasource: { type, uid: '${DS}' } }],
        gridPos: { x: 0, y: 0, w: 24, h: 9 },
      },
    ],
  });
  const shows = async () => {
    await expect(page.getByText(/ip-10-0-1-23:9100/).first()).toBeVisible();
    await expect(page.getByTestId(/Panel status error/)).toBeHidden();
  };

  await page.goto('/dashboard/import');
  await page.getByTestId('data-testid-import-dashboard-textarea').fill(JSON.stringify(exported(pluginId)));
  await page.getByTestId('data-testid-load-dashboard').click();
  await page.getByTestId('data-testid Select a data source').click();
  const name = /^Amazon Managed Service for Prometheus/; // the examples are of that type
  await page.getByTestId('data-source-card').filter({ hasText: name }).click();
  await shot('chosen');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await shows();
  await shot('imported');

  // Grafana's page leaves an input open whose type is another than the data source's; its API does not.
  const answer = await request.post('/api/dashboards/import', {
    data: {
      dashboard: exported('prometheus'),
      inputs: [{ name: 'DS', type: 'datasource', pluginId: 'prometheus', value: source.uid }],
    },
  });
  await page.goto((await answer.json()).importedUrl);
  await shows();

  for (const { uid } of await found(request, 'Imported, asking for')) {
    await request.delete(`/api/dashboards/uid/${uid}`);
  }
});
