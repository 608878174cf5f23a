import type { Page } from '@playwright/test';

import type { Dashboard } from './dashboards';
import { expect } from './fixtures';

interface Answer {
  /** The data source's uid and the expression. */
  asked: string;
  values: number;
  error?: string;
}

/** Collects what a page asks data sources for, and what they answer. */
function listen(page: Page): () => Promise<Answer[]> {
  const answers: Array<Promise<Answer[]>> = [];
  page.on('response', (response) => {
    if (!response.url().includes('/api/ds/query')) {
      return;
    }
    const { queries } = response.request().postDataJSON();
    answers.push(
      response.json().then(({ results, message }) =>
        queries
          .filter((q: { expr?: string }) => q.expr)
          .map((q: { refId: string; expr: string; datasource: { uid: string } }) => ({
            asked: `${q.datasource.uid}: ${q.expr}`,
            values: (results?.[q.refId]?.frames ?? [])
              .map((f: { data: { values: unknown[][] } }) => f.data.values[0]?.length ?? 0)
              .reduce((a: number, b: number) => a + b, 0),
            error: results?.[q.refId]?.error ?? message,
          }))
      )
    );
  });
  return async () => (await Promise.all(answers)).flat();
}

/** How many charts of the page are drawn. Runs in the browser. */
function charts(): number {
  const drawn = (canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return new Uint32Array(data.buffer).some((pixel) => pixel !== 0);
  };
  return [...document.querySelectorAll<HTMLCanvasElement>('.uplot canvas')].filter(drawn).length;
}

/** Opens a dashboard; all of its panels ask, are answered with data, and show no error. */
export async function showsData(
  page: Page,
  url: string,
  dashboard: Omit<Dashboard, 'asksToo'>,
  shot: (name: string) => Promise<void>
) {
  const answers = listen(page);
  await page.setViewportSize({ width: 1400, height: 3200 }); // panels below the window don't ask
  await page.goto(url);
  const rows = page.getByRole('button', { name: 'Expand row' });
  await expect(page.getByTestId(/^data-testid Panel header/).first()).toBeVisible();
  while (await rows.first().isVisible()) {
    await rows.first().click();
  }
  const answered = async () => new Set((await answers()).filter((a) => a.values > 0).map((a) => a.asked));
  await expect.poll(async () => [...(await answered())].sort()).toEqual([...new Set(dashboard.asks)].sort());
  expect((await answers()).filter((a) => a.error)).toEqual([]);
  for (const title of dashboard.panels) {
    const panel = page.getByTestId(`data-testid Panel header ${title}`).first();
    await expect(panel).toBeVisible();
    await expect(panel.getByText('No data', { exact: true })).toBeHidden();
  }
  await expect(page.getByTestId(/Panel status error/)).toBeHidden();
  await expect(page.getByTestId('panel-loading-bar')).toHaveCount(0);
  await expect.poll(() => page.evaluate(charts)).toBeGreaterThanOrEqual(dashboard.charts);
  await shot(dashboard.file.split('.')[0]);
}
