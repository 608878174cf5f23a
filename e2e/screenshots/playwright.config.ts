import { defineConfig } from '@playwright/test';
import path from 'node:path';

import base from '../../playwright.config';

/** `npm run docs:screenshots`: the pictures of the guide, taken as the browser tests walk. */
export default defineConfig({
  ...base,
  testDir: '.',
  testMatch: '*.shots.ts',
  outputDir: '../../test-results',
  webServer: [base.webServer!].flat().map((server) => ({ ...server, cwd: path.join(__dirname, '../..') })),
  use: { ...base.use, trace: 'off', colorScheme: 'light' },
});
