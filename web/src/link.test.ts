import { expect, test } from 'vitest';
import { firstLink, nextLink, retryDelay, type Link } from './link';

const lose = (link: Link, now: number, chance = 1) => nextLink(link, { kind: 'closed', chance }, now);

test('delays double up to half a minute, and chance spreads them', () => {
  expect([0, 1, 2, 3, 4, 5, 20].map((failures) => retryDelay(failures, 1))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(retryDelay(3, 0)).toBe(4_000);
});

test('a lost stream says since when, also while it tries again', () => {
  let link = nextLink(firstLink(0), { kind: 'opened' }, 100);
  link = lose(link, 50_000);
  expect(link).toEqual({ state: 'lost', since: 50_000, retryAt: 51_000, failures: 1 });
  link = nextLink(link, { kind: 'attempt' }, 51_000);
  expect(link.state).toBe('lost');
  link = lose(link, 51_500);
  expect(link.since).toBe(50_000);
  expect(link.retryAt).toBe(53_500);
});

test('a stream that opens and breaks at once keeps its growing delay', () => {
  let link = lose(lose(firstLink(0), 0), 1_000);
  link = nextLink(link, { kind: 'opened' }, 5_000);
  expect(lose(link, 5_100).retryAt).toBe(5_100 + 4_000);
});

test('after a steady stretch the delays start afresh', () => {
  let link = lose(lose(lose(firstLink(0), 0), 0), 0);
  link = nextLink(link, { kind: 'opened' }, 60_000);
  expect(lose(link, 80_000)).toMatchObject({ failures: 1, retryAt: 81_000, since: 80_000 });
});

test('a stream given back while nobody looked is not lost', () => {
  const live = nextLink(firstLink(0), { kind: 'opened' }, 0);
  expect(nextLink(live, { kind: 'rested' }, 5_000)).toEqual({ state: 'connecting', since: 5_000, retryAt: 0, failures: 0 });
  const lost = lose(live, 1_000);
  expect(nextLink(lost, { kind: 'rested' }, 5_000)).toEqual(lost);
});
