import { type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Known {
  /** The component it comes from, in which package. */
  component: string;
  text: string;
}

// Errors inside @grafana packages, each with its component.
const known: Known[] = JSON.parse(readFileSync(resolve(__dirname, 'known-console-errors.json'), 'utf8'));

/**
 * Collects what the page should not do: console errors, uncaught ones, failed requests, requests to other hosts. What is
 * refused is expected to fail, and only that.
 */
export function watch(page: Page, baseURL: string, refused?: RegExp): () => string[] {
  const problems: string[] = [];
  const add = (text: string, url = '') => {
    if (!known.some((k) => text.includes(k.text)) && !refused?.test(url)) {
      problems.push(text);
    }
  };
  page.on('console', (message) => {
    if (message.type() === 'error') {
      const { url } = message.location();
      // The browser's own line for an answer that is no success; other lines come from code.
      add(`${message.text()} (${url})`, message.text().startsWith('Failed to load resource') ? url : '');
    }
  });
  page.on('pageerror', (error) => add(`uncaught: ${error.stack ?? error.message}`));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(baseURL)) {
      problems.push(`request to another host: ${request.url()}`);
    }
  });
  page.on('response', (response) => {
    if (response.status() >= 400) {
      add(`${response.status()} ${response.url()}`, response.url());
    }
  });
  return () => problems;
}
