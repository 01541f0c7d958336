import { expect, test } from 'vitest';
import type { TimelineEntry } from './contract';
import { timelineRows } from './timeline';

const entry = (second: number, kind: TimelineEntry['kind'], text: string, object = 'pod/a/b'): TimelineEntry => ({ at: `2026-01-01T00:00:0${second}.000Z`, kind, object, text });

test('what is said again is told once, with how often and until when', () => {
  const rows = timelineRows([entry(5, 'event', 'Failed'), entry(3, 'step', 'named'), entry(1, 'event', 'Failed'), entry(4, 'event', 'Failed'), entry(2, 'event', 'Failed', 'pod/a/c')]);
  expect(rows.map((row) => [row.entry.kind, row.entry.object, row.entry.at.slice(18, 19), row.times, row.last.slice(18, 19)])).toEqual([
    ['event', 'pod/a/b', '1', 3, '5'],
    ['event', 'pod/a/c', '2', 1, '2'],
    ['step', 'pod/a/b', '3', 1, '3'],
  ]);
});

test('a step or change that says the same twice happened twice', () => {
  expect(timelineRows([entry(1, 'step', 'looked again'), entry(2, 'step', 'looked again')]).length).toBe(2);
});
