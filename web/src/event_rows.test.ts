import { expect, test } from 'vitest';
import type { ClusterEvent } from './contract';
import { EventRows } from './event_rows';

const event = (uid: string, version: number, count: number, second: number, more: Partial<ClusterEvent> = {}): ClusterEvent => ({
  id: `${uid}.${version}`,
  uid,
  cluster_id: 'a',
  type: 'k8s_event',
  severity: 'medium',
  timestamp: `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`,
  count,
  delta: 1,
  ...more,
});
const all = () => true;
const told = (rows: EventRows) => rows.rows.map((row) => [row.event.id, row.count, row.revisions]);

test('revisions of one event are one row, with the newest text and the true count', () => {
  const rows = new EventRows(true, all);
  rows.append([event('x', 9, 25, 30), event('y', 8, 1, 20), event('x', 5, 5, 10)]);
  expect(told(rows)).toEqual([
    ['x.9', 25, 2],
    ['y.8', 1, 1],
  ]);
  expect(rows.loaded).toBe(3);
});

test('the same uid in another cluster is another event', () => {
  const rows = new EventRows(true, all);
  rows.append([event('x', 1, 1, 1), event('x', 1, 1, 1, { id: 'b', cluster_id: 'b' })]);
  expect(rows.rows.length).toBe(2);
});

test('states of an object fold by condition and add up', () => {
  const rows = new EventRows(true, all);
  const state = (version: number, reason: string, delta: number) => event('pod', version, 0, version, { type: 'k8s_state', reason, count: 1, delta });
  rows.append([state(3, 'CrashLoopBackOff', 2), state(2, 'Ready', 1), state(1, 'CrashLoopBackOff', 4)]);
  expect(told(rows)).toEqual([
    ['pod.3', 6, 2],
    ['pod.2', 1, 1],
  ]);
});

test('without folding each revision is a row', () => {
  const rows = new EventRows(false, all);
  rows.append([event('x', 9, 25, 30), event('x', 5, 5, 10)]);
  expect(told(rows).map(([id]) => id)).toEqual(['x.9', 'x.5']);
});

test('older pages do not move the rows that are there, and a page read twice counts once', () => {
  const rows = new EventRows(true, all);
  const page = [event('x', 9, 25, 30), event('y', 8, 1, 20)];
  rows.append(page);
  const before = rows.rows.map((row) => row.event.id);
  rows.append([...page, event('x', 5, 5, 10), event('z', 4, 1, 5)]);
  expect(rows.rows.map((row) => row.event.id)).toEqual([...before, 'z.4']);
  expect(rows.loaded).toBe(4);
});

test('fresh events take their place by time', () => {
  const rows = new EventRows(true, all);
  rows.append([event('x', 9, 2, 30), event('y', 8, 1, 20)]);
  rows.prepend([event('late', 7, 1, 25), event('x', 11, 3, 40)]);
  expect(told(rows)).toEqual([
    ['x.11', 3, 2],
    ['late.7', 1, 1],
    ['y.8', 1, 1],
  ]);
});

test('events that the filter refuses are loaded but make no row', () => {
  const rows = new EventRows(true, (candidate) => candidate.uid === 'x');
  rows.append([event('x', 9, 2, 30), event('y', 8, 1, 20)]);
  expect([rows.loaded, rows.rows.length]).toEqual([2, 1]);
});

test('a hundred thousand events are folded', { timeout: 60_000 }, () => {    // within a second; looking through all rows for each would take minutes
  const rows = new EventRows(true, all);
  for (let page = 0; page < 200; page += 1) rows.append(Array.from({ length: 500 }, (_, i) => event(`u${(page * 500 + i) % 30_000}`, page * 500 + i, 3, i % 60)));
  expect([rows.loaded, rows.rows.length]).toEqual([100_000, 30_000]);
});
