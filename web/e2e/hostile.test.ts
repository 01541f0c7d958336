// What a cluster sends is shown and never obeyed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostileTexts } from '../mock/hostile.mjs';
import { addresses, browserPath, startSite, type Site } from './site';

describe.skipIf(!browserPath)('hostile text', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({ events: 500 });
  });
  afterAll(() => site?.close());

  const hostilePages = ['fleet', 'incidents', 'hostile incident', 'hostile report', 'report as Markdown', 'hostile events', 'uploaded document', 'lost cluster'];

  test('makes no element, no dialog, no request and no invisible character', async () => {
    const all = addresses(site.mock);
    for (const name of hostilePages) {
      const { page, faults } = await site.open(all[name] ?? '/');
      await page.waitForTimeout(500);
      expect(faults, name).toEqual([]);
      const found = await page.evaluate(() => ({
        scripts: [...document.scripts].map((script) => new URL(script.src).origin).filter((origin) => origin !== location.origin),
        styles: document.querySelectorAll('style').length,
        images: [...document.images].map((image) => image.getAttribute('src')).filter((source) => source !== '/favicon.svg'),
        handlers: document.querySelectorAll('[onerror], [onload], [onclick]').length,
        links: [...document.querySelectorAll('a')].map((link) => String(link.getAttribute('href'))).filter((href) => !/^(\/|#|https:\/\/kubernetes\.io\/)/.test(href)),
        hidden: /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/.test(document.body.innerText),
      }));
      expect(found, name).toEqual({ scripts: [], styles: 0, images: [], handlers: 0, links: [], hidden: false });
      await page.context().close();
    }
  });

  test('is there to be read, letter for letter', async () => {
    const hostile = addresses(site.mock)['hostile incident'] ?? '';
    const { page } = await site.open(hostile);
    await page.waitForSelector('.quotes');
    const shown = await page.innerText('.quotes');
    for (const text of hostileTexts.slice(0, 6)) expect(shown).toContain(text);
    expect(shown).toContain('ESC');
    expect(shown).toContain('U+202E');
    await page.context().close();
  });

  test('a copied command is the one that was shown', async () => {
    const hostile = addresses(site.mock)['hostile incident'] ?? '';
    const { page } = await site.open(hostile);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.click('.action-command .button');
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe((await page.innerText('.action-command .command')).trim());
    await page.context().close();
  });

  test('the report stands in a frame that may run nothing', async () => {
    const { page } = await site.open(addresses(site.mock)['hostile report'] ?? '');
    const frame = await page.waitForSelector('iframe');
    expect(await frame.getAttribute('sandbox')).toBe('');
    const content = await frame.contentFrame();
    expect(await content?.locator('h1').innerText()).toContain('onerror=alert(1)');
    await page.context().close();
  });
});
