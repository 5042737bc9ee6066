import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestContext } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';

// What the tests use of playwright-core, whose own declarations ask for those of the DOM in the whole program.

export interface Locator {
  count(): Promise<number>;
  textContent(): Promise<string | null>;
  getAttribute(name: string): Promise<string | null>;
  isVisible(): Promise<boolean>;
  filter(options: { hasText: RegExp }): Locator;
  waitFor(): Promise<void>;
}

export interface Download {
  path(): Promise<string>;
  suggestedFilename(): string;
}

export interface Page {
  readonly keyboard: { insertText(text: string): Promise<void>; press(key: string): Promise<void> };
  goto(url: string): Promise<unknown>;
  title(): Promise<string>;
  close(): Promise<void>;
  evaluate(expression: string): Promise<unknown>;
  locator(selector: string): Locator;
  getByRole(role: string, options?: { name: string }): Locator;
  waitForEvent(event: 'download'): Promise<Download>;
  on(event: 'download', listener: () => void): void;
  on(event: 'request', listener: (request: { url(): string }) => void): void;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(options: { colorScheme: 'light' | 'dark' }): Promise<void>;
  screenshot(options: { path: string; fullPage: boolean }): Promise<unknown>;
}

interface Browser {
  newPage(options: { acceptDownloads: boolean }): Promise<Page>;
  close(): Promise<void>;
}

const CHROMIUM = '/usr/bin/chromium';
let browser: Browser | undefined;

/** A file opened from disk in Chromium, and everything that it asks for. Skips where there is no Chromium, not in CI. */
export async function openInBrowser(
  context: TestContext,
  file: Buffer,
): Promise<{ page: Page; requests: string[] }> {
  if (!existsSync(CHROMIUM) && process.env.CI !== 'true') context.skip('chromium is not installed');
  browser ??= await launch();
  const path = join(temporaryFolder(), 'transfer.html');
  writeFileSync(path, file);
  const page = await browser.newPage({ acceptDownloads: true });
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(path).href);
  return { page, requests };
}

export async function closeBrowser(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

async function launch(): Promise<Browser> {
  const name = 'playwright-core';
  const { chromium } = (await import(name)) as { chromium: { launch(options: object): Promise<Browser> } };
  return await chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}
