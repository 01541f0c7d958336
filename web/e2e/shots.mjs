// Screenshots of each page in both languages and themes, to look at: npm run shots [-- [--url http://127.0.0.1:8090] PAGE …].
// Of the mock's invented fleet, or of a running gateway. Writes web/shots/.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { startMock } from '../mock/server.mjs';
import { findChromium } from './chromium.mjs';

const out = fileURLToPath(new URL('../shots/', import.meta.url));
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const { values, positionals: wanted } = parseArgs({ allowPositionals: true, options: { url: { type: 'string' } } });
const mock = values.url ? null : await startMock({ dist, events: 20_000, insecure: true });
const url = values.url ?? mock.url;
const listed = async (path) => (await (await fetch(`${url}/api/v1/${path}`)).json()).items;
const incidents = await listed('incidents?limit=50');
const shown = incidents.find((incident) => incident.code === 'config.key-missing') ?? incidents[0];
const clusters = await listed('clusters');
const event = (await listed('events?limit=5'))[4]?.id;
const pages = {
  fleet: '/',
  incidents: '/incidents',
  incident: `/incidents/${shown?.id}`,
  report: `/incidents/${shown?.id}/report`,
  events: '/events',
  eventdrawer: `/events?open=${event}&sel=${event}`,
  clusters: '/clusters',
  cluster: `/clusters/${clusters.find((cluster) => cluster.state === 'degraded')?.cluster_id ?? clusters[0]?.cluster_id}`,
  gaps: '/gaps',
  knowledge: '/knowledge',
  entry: '/knowledge?id=config.key-missing',
  status: '/status',
};
const looks = [
  ['en', 'dark', 1440, 900],
  ['zh', 'light', 1440, 900],
  ['en', 'light', 1280, 800],
  ['zh', 'dark', 400, 860],
];
await mkdir(out, { recursive: true });
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
for (const [lang, theme, width, height] of looks) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: lang === 'zh' ? 'zh-CN' : 'en-GB' });
  const page = await context.newPage();
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && console.log(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => console.log(`page error: ${error.stack}`));
  for (const [name, path] of Object.entries(pages)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await page.goto(url + path);
    await page.waitForTimeout(900);
    await page.screenshot({ path: `${out}${name}-${lang}-${theme}-${width}.png` });
  }
  await context.close();
}
await browser.close();
await mock?.close();
