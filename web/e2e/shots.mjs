// Screenshots of each page in both languages and themes, to look at: npm run shots [-- PAGE …]. Writes web/shots/.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startMock } from '../mock/server.mjs';
import { findChromium } from './chromium.mjs';

const out = fileURLToPath(new URL('../shots/', import.meta.url));
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const mock = await startMock({ dist, events: 20_000, insecure: true });
const first = mock.world.incidents[0].item.id;
const pages = {
  fleet: '/',
  incidents: '/incidents',
  incident: `/incidents/${first}`,
  report: `/incidents/${first}/report`,
  events: '/events',
  eventdrawer: `/events?open=${mock.world.events[4].id}&sel=${mock.world.events[4].id}`,
  clusters: '/clusters',
  cluster: '/clusters/data-prod',
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
const wanted = process.argv.slice(2);
await mkdir(out, { recursive: true });
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
for (const [lang, theme, width, height] of looks) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: lang === 'zh' ? 'zh-CN' : 'en-GB' });
  const page = await context.newPage();
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && console.log(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => console.log(`page error: ${error.stack}`));
  for (const [name, path] of Object.entries(pages)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await page.goto(mock.url + path);
    await page.waitForTimeout(900);
    await page.screenshot({ path: `${out}${name}-${lang}-${theme}-${width}.png` });
  }
  await context.close();
}
await browser.close();
await mock.close();
