import { expect, type Locator, type Page } from '@playwright/test';
import { statSync } from 'node:fs';
import path from 'node:path';

/** A page with more than a few of these is slow to load, and a repository to clone. */
const maxBytes = 150_000;

/** Takes a picture for the guide. */
export async function picture(of: Page | Locator, name: string) {
  const file = path.join(__dirname, '../../docs/img', `${name}.png`);
  await of.screenshot({ path: file, animations: 'disabled' });
  expect(statSync(file).size, file).toBeLessThan(maxBytes);
}
