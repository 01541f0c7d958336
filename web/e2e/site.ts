// What the browser tests share: the mock gateway with the built dashboard, one Chromium, pages that watch themselves.
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { startMock } from '../mock/server.mjs';
import { findChromium } from './chromium.mjs';

export const browserPath = findChromium();

/** A page, and everything that must not happen on it. */
export interface Watched {
  page: Page;
  /** Console errors, uncaught errors, dialogs, violations of the content policy, requests to elsewhere. */
  faults: string[];
}

export type Mock = Awaited<ReturnType<typeof startMock>>;

export interface Site {
  mock: Mock;
  browser: Browser;
  open: (path: string, options?: OpenOptions) => Promise<Watched>;
  close: () => Promise<void>;
}

export interface OpenOptions {
  width?: number;
  height?: number;
  theme?: 'light' | 'dark';
  locale?: string;
}

export async function startSite(options: Partial<Parameters<typeof startMock>[0]> = {}): Promise<Site> {
  const dist = process.env['AETHERIUS_DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));
  const mock = await startMock({ dist, live: false, ...options });
  const browser = await chromium.launch({ ...(browserPath ? { executablePath: browserPath } : {}), args: ['--no-sandbox'] });
  return {
    mock,
    browser,
    open: (path, more = {}) => openPage(browser, mock.url, path, more),
    close: async () => {
      await browser.close();
      await mock.close();
    },
  };
}

async function openPage(browser: Browser, origin: string, path: string, options: OpenOptions): Promise<Watched> {
  const { width = 1440, height = 900, theme = 'dark', locale = 'en-GB' } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) faults.push(`request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(origin + path);
  await page.waitForSelector('main > *');
  return { page, faults };
}

/** Every address of the dashboard, with an id where one is needed. */
export function addresses(mock: Mock): Record<string, string> {
  const incidents = mock.world.incidents.map(({ item }) => item);
  const first = incidents[0]?.id ?? '';
  const hostile = incidents.find((item) => item.cluster_id === 'lab')?.id ?? '';
  const event = mock.world.events[3]?.id ?? '';
  return {
    fleet: '/',
    incidents: '/incidents',
    incident: `/incidents/${first}`,
    'hostile incident': `/incidents/${hostile}`,
    report: `/incidents/${first}/report`,
    'hostile report': `/incidents/${hostile}/report`,
    'report as Markdown': `/incidents/${hostile}/report?format=md&in=zh`,
    events: '/events',
    'one event': `/events?sel=${event}&open=${event}`,
    'hostile events': '/events?q=cluster:lab+ns:play&range=all',
    clusters: '/clusters',
    cluster: '/clusters/data-prod',
    'lost cluster': '/clusters/pay-dr',
    'pending cluster': '/clusters/intake-cn-2',
    gaps: '/gaps',
    knowledge: '/knowledge',
    entry: '/knowledge?id=config.key-missing',
    'uploaded document': '/knowledge?id=doc-1',
    status: '/status',
    missing: '/nowhere',
    'missing incident': '/incidents/none',
  };
}
