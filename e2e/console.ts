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

/** Collects what the page should not do: console errors, uncaught ones, failed requests, requests to other hosts. */
export function watch(page: Page, baseURL: string): () => string[] {
  const problems: string[] = [];
  const add = (text: string) => {
    if (!known.some((k) => text.includes(k.text))) {
      problems.push(text);
    }
  };
  page.on('console', (message) => message.type() === 'error' && add(`${message.text()} (${message.location().url})`));
  page.on('pageerror', (error) => add(`uncaught: ${error.stack ?? error.message}`));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(baseURL)) {
      problems.push(`request to another host: ${request.url()}`);
    }
  });
  page.on('response', (response) => {
    if (response.status() >= 400) {
      add(`${response.status()} ${response.url()}`);
    }
  });
  return () => problems;
}
