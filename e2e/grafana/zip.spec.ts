import { expect, pluginId, requestsByPath, source, test } from './fixtures';

// The zip of a release, unpacked into Grafana's folder of plugins as docs/install.md tells it.
test.skip(!process.env.PLUGIN_ZIP, 'PLUGIN_ZIP names no zip of a release');

test('the zip of a release is an unsigned plugin that runs', async ({ page, request, shot }) => {
  const settings = await (await request.get(`/api/plugins/${pluginId}/settings`)).json();
  expect(settings).toMatchObject({ id: pluginId, type: 'datasource', signature: 'unsigned' });
  expect(process.env.PLUGIN_ZIP).toContain(`${pluginId}-${settings.info.version}.zip`);

  // These are told by its executable.
  const metrics = await (await request.get(`/api/plugins/${pluginId}/metrics`)).text();
  expect(metrics).toContain('process_start_time_seconds');
  const health = await (await request.get(`/api/datasources/uid/${source.uid}/health`)).json();
  expect(health).toMatchObject({ status: 'OK' });

  const query = {
    refId: 'A',
    datasource: source,
    expr: requestsByPath,
    range: true,
    intervalMs: 15000,
    maxDataPoints: 500,
  };
  const answer = await request.post('/api/ds/query', { data: { from: 'now-30m', to: 'now', queries: [query] } });
  const { results } = await answer.json();
  const frames: Array<{ data: { values: number[][] } }> = results.A.frames;
  expect(frames).toHaveLength(3);
  for (const { data } of frames) {
    expect(data.values[1].length).toBeGreaterThan(0);
    expect(Math.max(...data.values[1])).toBeGreaterThan(0);
  }

  await page.goto(`/plugins/${pluginId}`);
  await expect(page.getByText('Unsigned', { exact: true }).first()).toBeVisible();
  await shot('plugin');
});
