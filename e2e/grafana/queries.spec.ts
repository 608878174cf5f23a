import { expect, requestsByPath, source, test } from './fixtures';

test('a panel is edited: code with completion, builder and back', async ({
  page,
  dashboard,
  gotoPanelEditPage,
  shot,
}) => {
  const uid = await dashboard({ expr: '', editorMode: 'code' });
  const edit = await gotoPanelEditPage({ dashboard: { uid }, id: '1' });
  const editor = edit.getQueryEditorRow('A').locator('.monaco-editor').first();
  await editor.click();
  await page.keyboard.type('http_req');
  await expect(page.locator('.suggest-widget')).toContainText('http_requests_total');
  await shot('completion');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(requestsByPath);
  await page.keyboard.press('Shift+Enter');
  for (const path of ['/popular/category', '/popular/product', '/user/product']) {
    await expect(page.getByRole('button', { name: path, exact: true })).toBeVisible();
  }
  await expect(page.getByTestId('ampkit-query-cost')).toContainText('samples processed');
  await shot('code');
  await edit.getQueryEditorRow('A').getByRole('radio', { name: 'Builder' }).click({ force: true });
  await expect(edit.getQueryEditorRow('A').getByText('http_requests_total').first()).toBeVisible();
  await expect(edit.getQueryEditorRow('A').getByText('exported_job').first()).toBeVisible();
  await shot('builder');
  await edit.getQueryEditorRow('A').getByRole('radio', { name: 'Code' }).click({ force: true });
  await expect(edit.getQueryEditorRow('A').locator('.monaco-editor').first()).toContainText(
    'exported_job="recommender"'
  );
});

test('a panel says what AMP answered', async ({ page, dashboard, gotoPanelEditPage, faults, shot }) => {
  await faults.set({ status: 429, body: '{"message":"Rate exceeded"}' });
  const uid = await dashboard({ expr: 'up', editorMode: 'code' });
  await gotoPanelEditPage({ dashboard: { uid }, id: '1' });
  const icon = page.getByTestId(/Panel status error/).first();
  await expect(icon).toBeVisible();
  await icon.hover();
  await expect(page.getByText('Rate exceeded').first()).toBeVisible();
  await shot('throttled');
});

test('Explore runs a query and asks for nothing that AMP lacks', async ({ page, explorePage, shot }) => {
  const asked: string[] = [];
  page.on('request', (r) => r.url().includes('/resources/') && asked.push(new URL(r.url()).pathname));
  await explorePage.datasource.set('Amazon Managed Service for Prometheus');
  const row = explorePage.getQueryEditorRow('A');
  await row.getByRole('radio', { name: 'Code' }).click({ force: true });
  await row.locator('.monaco-editor').first().click();
  await page.keyboard.insertText(requestsByPath);
  const answer = page.waitForResponse(
    (r) => r.url().includes('/api/ds/query') && r.request().postData()!.includes('http_requests_total')
  );
  await page.keyboard.press('Shift+Enter');
  expect((await answer).ok()).toBe(true);
  await expect(explorePage.timeSeriesPanel.locator).toBeVisible();
  await expect(page.getByRole('button', { name: '/user/product', exact: true }).first()).toBeVisible();
  await expect(row.getByText('Exemplars')).toBeHidden();
  await shot('explore');
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((path) => /exemplars|buildinfo|rules/.test(path))).toEqual([]);
});

test('Explore keeps a query of a Prometheus data source', async ({ page, explorePage, request, shot }) => {
  const made = await request.post('/api/datasources', {
    data: { name: 'Core Prometheus', type: 'prometheus', access: 'proxy', url: 'http://127.0.0.1:9/' },
  });
  const { datasource } = await made.json();
  try {
    const query = { refId: 'A', expr: requestsByPath, range: true, legendFormat: 'to {{path}}' };
    const from = { type: 'prometheus', uid: datasource.uid };
    const pane = {
      datasource: from.uid,
      queries: [{ ...query, datasource: from }],
      range: { from: 'now-1h', to: 'now' },
    };
    await page.goto(`/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify({ a: pane }))}`);
    await explorePage.datasource.set('Amazon Managed Service for Prometheus');
    await expect(page.getByRole('button', { name: 'to /user/product', exact: true })).toBeVisible();
    const panes = Object.values(JSON.parse(new URL(page.url()).searchParams.get('panes')!));
    expect(panes).toMatchObject([{ queries: [{ ...query, exemplar: false, datasource: source }] }]);
    await shot('switched');
  } finally {
    await request.delete(`/api/datasources/uid/${datasource.uid}`);
  }
});

test('ad-hoc filters are offered, and narrow every query', async ({ page, dashboard, shot }) => {
  const uid = await dashboard(
    { expr: requestsByPath, legendFormat: '{{path}}' },
    { templating: { list: [{ name: 'filters', label: 'Filters', type: 'adhoc', datasource: source, filters: [] }] } }
  );
  await page.goto(`/d/${uid}`);
  await expect(page.getByRole('button', { name: '/popular/product', exact: true })).toBeVisible();
  await page.getByPlaceholder('Filter by label values').click();
  await page.getByRole('option', { name: 'path', exact: true }).click();
  await expect(page.getByRole('option', { name: /^=\|\s*One of/ })).toBeVisible();
  await page.getByRole('option', { name: /^=\s*Equals/ }).click();
  const narrowed = page.waitForResponse(
    (r) => r.url().includes('/api/ds/query') && r.request().postData()!.includes('/user/product')
  );
  await page.getByRole('option', { name: '/user/product', exact: true }).click();
  expect((await narrowed).ok()).toBe(true);
  await expect(page.getByText('/popular/product', { exact: true })).toBeHidden();
  await expect(page.getByText('/user/product', { exact: true })).toBeVisible();
  await shot('filtered');
});

test('a list that cannot be had says why, where it would be', async ({
  page,
  dashboard,
  gotoPanelEditPage,
  faults,
  shot,
}) => {
  const body = '{"message":"User: arn:aws:iam::1:user/a is not authorized to perform: aps:GetLabels"}';
  const cause = /aps:GetLabels/;
  const uid = await dashboard({ expr: 'rate({job="a"}[5m])', editorMode: 'builder' });
  await faults.set({ status: 403, body, path: '/values' });
  const edit = await gotoPanelEditPage({ dashboard: { uid }, id: '1' });
  const row = edit.getQueryEditorRow('A');
  const metric = row.getByTestId('data-testid metric select');
  await metric.click();
  await expect(page.getByRole('listbox')).toContainText(cause);
  await shot('metrics');
  await page.keyboard.press('Enter'); // it is told, not chosen
  await expect(metric).toHaveValue('');
  await row.locator('#prometheus-dimensions-filter-item-value').click();
  await expect(page.getByLabel('Select options menu')).toContainText(cause);
  await shot('values');
  await page.keyboard.press('Escape');
  await row.getByRole('button', { name: 'Open metrics explorer' }).click();
  await expect(page.getByRole('dialog')).toContainText(cause);
  await shot('explorer');
  await page.keyboard.press('Escape');
  await faults.set({ status: 403, body, path: '/labels' });
  await row.locator('#prometheus-dimensions-filter-item-key').click();
  await expect(page.getByLabel('Select options menu')).toContainText(cause);
  await shot('labels');
  await page.keyboard.press('Escape');
  await row.getByRole('radio', { name: 'Code' }).click({ force: true });
  await row.getByRole('button', { name: 'Metrics browser' }).click();
  await expect(row.getByRole('alert').filter({ hasText: cause }).first()).toBeInViewport();
  await shot('browser');
});

test('variables of every kind have options', async ({ page, dashboard, shot }) => {
  const variable = (name: string, query: object | string, definition: string) => ({
    name,
    type: 'query',
    datasource: source,
    query,
    definition,
    refresh: 1,
  });
  const uid = await dashboard(
    { expr: 'sum(rate(http_requests_total{path=~"$path"}[5m])) by (path)', legendFormat: '__auto' },
    {
      templating: {
        list: [
          variable('metric', { qryType: 2, query: 'metrics(node_.*)', refId: 'm' }, 'metrics(node_.*)'),
          variable('label', { qryType: 0, query: 'label_names()', refId: 'l' }, 'label_names()'),
          variable(
            'path',
            { qryType: 1, query: 'label_values(http_requests_total{exported_job="recommender"},path)', refId: 'v' },
            'label_values(http_requests_total,path)'
          ),
          variable('result', { qryType: 3, query: 'query_result(count(up))', refId: 'r' }, 'query_result(count(up))'),
          variable('old', 'label_values(up, instance)', 'label_values(up, instance)'),
        ],
      },
    }
  );
  await page.goto(`/d/${uid}`);
  for (const text of ['node_memory_MemAvailable_bytes', '__name__', '/popular/category', 'ip-10-0-1-23:9100']) {
    await expect(
      page
        .getByTestId(/Dashboard template variables/)
        .filter({ hasText: text })
        .first()
    ).toBeVisible();
  }
  await expect(page.getByRole('button', { name: '/popular/category', exact: true }).last()).toBeVisible();
  await shot('variables');
});

test('a variable is edited', async ({ page, variableEditPage, shot }) => {
  await variableEditPage.setVariableType('Query');
  await variableEditPage.datasource.set('Amazon Managed Service for Prometheus');
  await page.getByLabel('Query type').click();
  await page.getByText('Metrics', { exact: true }).click();
  await page.getByPlaceholder('Metric regex').fill('(go_|http_req).*');
  await variableEditPage.runQuery();
  await expect(variableEditPage).toDisplayPreviews(['go_goroutines', 'http_request_duration_seconds']);
  await shot('preview');
});

test('annotations come out of a query', async ({ page, dashboard, gotoAnnotationEditPage, shot }) => {
  const uid = await dashboard(
    { expr: requestsByPath },
    {
      time: { from: 'now-55m', to: 'now' },
      annotations: {
        list: [
          {
            name: 'Restarts',
            datasource: source,
            enable: true,
            iconColor: 'orange',
            expr: 'sum(resets(http_requests_total{exported_job="recommender"}[75s])) by (instance) > 0',
            step: '60s',
            titleFormat: 'Counter reset',
            textFormat: '{{instance}}',
          },
        ],
      },
    }
  );
  const edit = await gotoAnnotationEditPage({ dashboard: { uid }, id: '1' });
  await expect(edit.runQuery()).toBeOK();
  await expect(page.getByText(/\d+ events? \(from/)).toBeVisible();
  await shot('annotation');
});
