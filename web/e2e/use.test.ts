// The dashboard as somebody on call uses it: keys, addresses, language, live data, a lost connection.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, startSite, type Site, type Watched } from './site';

describe.skipIf(!browserPath)('use', () => {
  let site: Site;
  let opened: Watched | null = null;
  beforeAll(async () => {
    site = await startSite({ events: 3_000 });
  });
  afterAll(() => site?.close());

  async function open(path: string, options = {}) {
    await opened?.page.context().close();
    opened = await site.open(path, options);
    return opened.page;
  }
  const query = (url: string) => new URL(url).searchParams;

  test('keys go to pages, move in a list, open, close', async () => {
    const page = await open('/');
    await page.waitForSelector('.cell');
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.waitForSelector('.incident-line');
    expect(new URL(page.url()).pathname).toBe('/incidents');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    const selected = await page.getAttribute('[data-selected="true"] a', 'href');
    expect(query(page.url()).get('sel')).toBe(selected?.split('/').pop());
    await page.keyboard.press('Enter');
    await page.waitForSelector('.sentence');
    expect(new URL(page.url()).pathname).toBe(selected);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.incident-line[data-selected="true"]');
    for (const [key, path] of [['e', '/events'], ['c', '/clusters'], ['k', '/knowledge'], ['s', '/status'], ['g', '/gaps'], ['f', '/']] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.waitForFunction((wanted) => location.pathname === wanted, path);
    }
    expect(opened?.faults).toEqual([]);
  });

  test('the help lists every key and Escape closes it', async () => {
    const page = await open('/');
    await page.waitForSelector('.cell');
    await page.keyboard.press('?');
    await page.waitForSelector('.key-help');
    expect(await page.locator('.key-help kbd').count()).toBeGreaterThanOrEqual(15);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.key-help', { state: 'detached' });
  });

  test('the palette finds a cluster, an incident, an action, and searches for the rest', async () => {
    const page = await open('/');
    await page.waitForSelector('.cell');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('paydr');
    expect(await page.innerText('.palette-list [aria-selected="true"]')).toContain('pay-dr');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.pathname === '/clusters/pay-dr');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('DB_URL');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.sentence');
    expect(await page.innerText('.sentence')).toContain('DB_URL');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('connection refused by nobody');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.pathname === '/events');
    expect(query(page.url()).get('q')).toBe('"connection refused by nobody"');
    await page.waitForSelector('text=No event in this span of time fits the filter.');
  });

  test('the filter completes, applies and stands in the address; going back undoes it', async () => {
    const page = await open('/events');
    await page.waitForSelector('.event-line[data-id]');
    await page.keyboard.press('/');
    await page.keyboard.type('rea');
    await page.waitForSelector('.completions');
    await page.waitForTimeout(600);    // a pause for thought applies nothing yet
    expect(query(page.url()).get('q')).toBeNull();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Back');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => new URLSearchParams(location.search).get('q') === 'reason:BackOff');
    await page.waitForFunction(() => [...document.querySelectorAll('.event-line[data-id] .event-reason')].every((cell) => cell.textContent === 'BackOff'));
    await page.reload();
    await page.waitForSelector('.event-line[data-id]');
    expect(await page.inputValue('.filter input')).toBe('reason:BackOff');
  });

  test('what the server cannot filter is filtered here, and said', async () => {
    const page = await open('/events?q=-type:Normal&range=all');
    await page.waitForSelector('.event-line[data-id]');
    expect(await page.innerText('.filter-notes')).toContain('-type:Normal');
    expect(await page.innerText('.histogram')).toContain('without regard to -type:Normal');
    expect(await page.locator('.event-line[data-id] .tone-info').count()).toBe(0);
    await page.fill('.filter input', 'raeson:x');
    await page.waitForSelector('.filter-notes .wrong');
    expect(await page.innerText('.filter-notes')).toContain('Did you mean reason:?');
  });

  test('a drag over the histogram selects a span of time', async () => {
    const page = await open('/events?range=all');
    const box = await (await page.waitForSelector('.histogram svg')).boundingBox();
    if (!box) throw new Error('the histogram has no place');
    await page.mouse.move(box.x + box.width * 0.9, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.95, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(() => new URLSearchParams(location.search).has('from'));
    const { from, to } = Object.fromEntries(query(page.url()));
    expect(Date.parse(to ?? '')).toBeGreaterThan(Date.parse(from ?? ''));
    await page.waitForSelector('.event-line[data-id]');
    const times = await page.$$eval('.event-line[data-id] time', (cells) => cells.map((cell) => Date.parse(cell.getAttribute('datetime') ?? '')));
    expect(times.every((time) => time >= Date.parse(from ?? '') && time < Date.parse(to ?? ''))).toBe(true);
    await page.goBack();
    await page.waitForFunction(() => !new URLSearchParams(location.search).has('from'));
  });

  test('an event opens beside the list, and a fact of it narrows the list', async () => {
    const page = await open('/events?range=all');
    await page.waitForSelector('.event-line[data-id]');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.drawer .json');
    expect(await page.innerText('.drawer .json')).toContain('"kind": "Event"');
    expect(await page.locator('.drawer .neighbours li').count()).toBeGreaterThan(0);
    const first = query(page.url()).get('open');
    await page.keyboard.press('j');
    await page.waitForFunction((old) => new URLSearchParams(location.search).get('open') !== old, first);
    await page.click('.drawer .fact-tools button >> nth=0');
    await page.waitForFunction(() => new URLSearchParams(location.search).get('q')?.startsWith('severity:'));
    await page.keyboard.press('Escape');
    await page.waitForSelector('.drawer', { state: 'detached' });
  });

  test('language and theme are switched at once and remembered', async () => {
    const page = await open('/incidents');
    await page.waitForSelector('.incident-line');
    await page.click('text=中文');
    expect(await page.innerText('.nav')).toContain('故障');
    expect(await page.innerText('.incident-list >> nth=0')).toMatch(/[\u4e00-\u9fff]/);
    await page.click('[aria-label^="主题"]');
    await page.click('[aria-label^="主题"]');
    await page.reload();
    await page.waitForSelector('.incident-line');
    expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
    await page.click('text=EN');
    expect(await page.innerText('.nav')).toContain('Incidents');
    await page.goto(`${site.mock.url}/clusters?lang=zh`);
    await page.waitForSelector('text=集群');
    await page.click('text=EN');
    await page.waitForFunction(() => !location.search.includes('lang'));
    expect(await page.innerText('.nav')).toContain('Incidents');
  });

  test('what is new waits behind a bar and moves no row', async () => {
    const page = await open('/events?range=all');
    await page.waitForSelector('.event-line[data-id]');
    await page.waitForTimeout(300);
    const rows = () => page.$$eval('.event-line[data-id]', (lines) => lines.map((line) => `${line.getAttribute('data-id')} ${line.getBoundingClientRect().top}`));
    const before = await rows();
    const fresh = site.mock.world.maker.event(Date.now());
    site.mock.stream.send('event', fresh);
    await page.waitForSelector('.fresh');
    expect(await rows()).toEqual(before);
    expect(await page.innerText('.fresh')).toContain('1 new event');
    await page.keyboard.press('n');
    await page.waitForSelector(`[data-id="${fresh.id}"]`);
    expect((await rows())[0]).toContain(fresh.id);
  });

  test('a new incident waits behind a bar too, and a change of a known one shows in place', async () => {
    const page = await open('/incidents');
    await page.waitForSelector('.incident-line');
    const model = site.mock.world.incidents[0]?.item;
    if (!model) throw new Error('the mock has no incident');
    site.mock.stream.send('incident', { ...model, id: 'i-fresh', title: 'something new' });
    await page.waitForSelector('.fresh');
    expect(await page.innerText('main')).not.toContain('something new');
    site.mock.stream.send('incident', { ...model, title: 'told differently' });
    await page.waitForSelector('text=told differently');
    await page.keyboard.press('n');
    await page.waitForSelector('text=something new');
  });

  test('a lost connection is said at once, the page dims, and all is well when it is back', async () => {
    const page = await open('/');
    await page.waitForSelector('.cell');
    await page.waitForSelector('.link-state.live');
    site.mock.refuse = true;
    site.mock.stream.drop();
    await page.waitForSelector('.banner.bad');
    expect(await page.innerText('.banner.bad')).toMatch(/Live connection lost at \d\d:\d\d:\d\d/);
    expect(await page.innerText('.banner.bad')).toMatch(/Next attempt in \d+ s|Trying now/);
    expect(await page.locator('.shell.stale').count()).toBe(1);
    expect(await page.locator('.cell').count()).toBe(12);
    site.mock.refuse = false;
    await page.click('.banner.bad button');
    await page.waitForSelector('.banner.bad', { state: 'detached' });
    expect(await page.locator('.shell.stale').count()).toBe(0);
  });

  test('a stream resumes where it broke off', async () => {
    const page = await open('/events?range=all');
    await page.waitForSelector('.event-line[data-id]');
    await page.waitForSelector('.link-state.live');
    site.mock.stream.send('event', site.mock.world.maker.event(Date.now()));
    await page.waitForSelector('.fresh');
    site.mock.stream.drop();
    await page.waitForSelector('.link-state.lost');
    site.mock.stream.send('event', site.mock.world.maker.event(Date.now()));
    await page.waitForSelector('.link-state.live', { timeout: 10_000 });
    await page.waitForFunction(() => document.querySelector('.fresh')?.textContent?.includes('2 new events'));
  });

  test('a stream that lost its place makes the list say so, and loading again makes it whole', async () => {
    const page = await open('/events?range=all');
    await page.waitForSelector('.event-line[data-id]');
    await page.waitForSelector('.link-state.live');
    site.mock.stream.send('reset', {});
    await page.waitForSelector('.fresh');
    expect(await page.innerText('.fresh')).toContain('load again');
    const missed = site.mock.world.maker.event(Date.now());
    site.mock.world.events.unshift(missed);
    await page.click('.fresh');
    await page.waitForSelector(`[data-id="${missed.id}"]`);
    expect(await page.locator('.fresh').count()).toBe(0);
  });

  test('looking again asks central once and says so', async () => {
    const page = await open(`/incidents/${site.mock.world.incidents[0]?.item.id}`);
    await page.click('text=Look again');
    await page.waitForSelector('text=Asked; the answer appears here');
    expect(site.mock.requests.filter((request) => request.startsWith('POST')).length).toBe(1);
  });

  test('a cluster that waits is accepted where it is seen, and a refused one may be accepted later', async () => {
    const page = await open('/');
    await page.waitForSelector('.waiting');
    expect(await page.innerText('.waiting')).toMatch(/1 cluster waits for a decision[\s\S]*intake-cn-2/);
    await page.click('.waiting >> text=Refuse');
    await page.waitForSelector('.waiting', { state: 'detached' });
    await page.click('.cell >> text=intake-cn-2');
    await page.click('.page-head >> text=Accept');
    await page.waitForSelector('.cluster-name >> text=online');
    expect(await page.locator('.admission').count()).toBe(0);
    expect(site.mock.requests.filter((request) => request.startsWith('POST') && request.includes('intake-cn-2'))).toEqual(['POST /api/v1/clusters/intake-cn-2/refuse', 'POST /api/v1/clusters/intake-cn-2/accept']);
    expect(opened?.faults).toEqual([]);
  });

  test('a decision that central does not take is said beside the buttons', async () => {
    const waiting = site.mock.world.clusters.find((cluster) => cluster.cluster_id === 'intake-cn-2');
    if (!waiting) throw new Error('the mock has no cluster that waits');
    waiting.state = 'pending';
    const page = await open('/clusters/intake-cn-2');
    await page.route('**/accept', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"Service Unavailable","detail":"try again"}' }));
    await page.click('.page-head >> text=Accept');
    await page.waitForSelector('.admission [role=alert]');
    expect(await page.innerText('.admission [role=alert]')).toContain('try again');
    expect(await page.locator('.admission button[disabled]').count()).toBe(0);
  });

  test('central that does not answer is named, with what to look at', async () => {
    site.mock.refuse = false;
    const page = await open('/');
    await page.waitForSelector('.cell');
    await page.route('**/api/v1/incidents/i-unknown', (route) => route.abort());
    await page.goto(`${site.mock.url}/incidents/i-unknown`);
    await page.waitForSelector('.failure');
    expect(await page.innerText('.failure')).toContain('Is aetherius-central running');
  });
});
