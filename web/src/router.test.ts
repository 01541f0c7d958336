import { expect, test } from 'vitest';
import { hrefTo, isOwnAddress, parseRoute, routeTable, type PageName } from './router';

test('each address leads to its page', () => {
  expect(parseRoute('/', '').page).toBe('fleet');
  expect(parseRoute('/incidents', '?q=a').query).toEqual({ q: 'a' });
  expect(parseRoute('/incidents/i-7k2', '')).toEqual({ page: 'incident', id: 'i-7k2', query: {} });
  expect(parseRoute('/incidents/i-7k2/report', '?format=md')).toEqual({ page: 'report', id: 'i-7k2', query: { format: 'md' } });
  expect(parseRoute('/clusters/pay-dr/', '').page).toBe('cluster');
  expect(parseRoute('/nowhere', '').page).toBe('missing');
  expect(parseRoute('/incidents/a/b/c', '').page).toBe('missing');
});

test('what is written is read back, whatever the id holds', () => {
  for (const id of ['i-7k2', 'a b', 'ü/%2f?#', '集群', '..', '%']) {
    for (const page of Object.keys(routeTable) as PageName[]) {
      if (!routeTable[page].includes(':id')) continue;
      const url = new URL(hrefTo(page, id, { q: 'ns:shop "a & b"', empty: '', none: null }), 'http://x');
      expect(parseRoute(url.pathname, url.search)).toEqual(id === '..' ? expect.anything() : { page, id, query: { q: 'ns:shop "a & b"' } });
    }
  }
});

test('a broken escape in an address is taken as it is', () => {
  expect(parseRoute('/clusters/%E0%A4%A', '').id).toBe('%E0%A4%A');
});

test('addresses that the gateway serves are left to the browser', () => {
  const own = (path: string) => isOwnAddress(new URL(path, 'http://here'), 'http://here');
  expect(own('/events?q=a')).toBe(true);
  expect(own('/api/v1/incidents/i-1/report?format=md')).toBe(false);
  expect(own('/agents/a')).toBe(false);
  expect(own('/openapi.json')).toBe(false);
  expect(own('http://elsewhere/events')).toBe(false);
  expect(own('javascript:alert(1)')).toBe(false);
});
