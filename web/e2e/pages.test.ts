// Each page opens in both languages and themes, without an error, without a violation, readable for everyone.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addresses, browserPath, startSite, type Site } from './site';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary?: string }[];
}

/** What axe calls serious or critical. Its script is put in from outside the page, past the content policy. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const violations = (await page.evaluate('axe.run(document, { iframes: false, resultTypes: ["violations"] }).then((found) => found.violations)')) as Violation[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`));
}

describe.skipIf(!browserPath)('pages', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({ events: 3_000, insecure: true });
  });
  afterAll(() => site?.close());

  // A missing thing is answered 404, which Chromium reports on the console by itself.
  const expected = (fault: string) => /status of 404/.test(fault);

  const looks = [
    { theme: 'dark', locale: 'en-GB', width: 1440, height: 900 },
    { theme: 'light', locale: 'zh-CN', width: 1440, height: 900 },
    { theme: 'light', locale: 'en-GB', width: 400, height: 860 },
  ] as const;

  for (const look of looks) {
    test(`all pages, ${look.theme}, ${look.locale}, ${look.width} px: no error, no violation, no serious finding of axe`, async () => {
      const findings: Record<string, string[]> = {};
      for (const [name, path] of Object.entries(addresses(site.mock))) {
        const { page, faults } = await site.open(path, look);
        await page.waitForTimeout(400);
        const found = faults.filter((fault) => !expected(fault));
        found.push(...(await seriousFindings(page)));
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (overflow > 0) found.push(`${overflow} px wider than the window`);
        if (found.length > 0) findings[name] = found;
        await page.context().close();
      }
      expect(findings).toEqual({});
    }, 480_000);
  }

  test('with few clusters the fleet tells their incidents, and an empty one what would fill it', async () => {
    const few = await startSite({ events: 100, clusters: 2 });
    const { page, faults } = await few.open('/');
    await page.waitForSelector('.cell-incidents li');
    expect(await page.innerText('.cells')).toContain('ConfigMap shop/cart-config has no key DB_URL');
    expect([...faults, ...(await seriousFindings(page))]).toEqual([]);
    for (const list of [few.mock.world.clusters, few.mock.world.incidents, few.mock.world.events, few.mock.world.gaps]) list.length = 0;
    for (const [path, words] of [['/', 'No cluster has registered yet'], ['/incidents', 'No incident is open'], ['/events', 'No event was stored'], ['/clusters', 'No cluster has registered yet'], ['/gaps', 'No gap is on record']] as const) {
      await page.goto(few.mock.url + path);
      await page.waitForSelector(`text=${words}`);
    }
    expect([...faults, ...(await seriousFindings(page))]).toEqual([]);
    await few.close();
  });
});
