import { expect, test } from 'vitest';
import { brushed, bucketAt, firstCounted, timeAt } from './brush';

const from = Date.UTC(2026, 0, 1);
const histogram = {
  from: new Date(from).toISOString(),
  to: new Date(from + 10_000).toISOString(),
  step_ms: 1_000,
  items: Array.from({ length: 10 }, (_, i) => ({ at: new Date(from + i * 1_000).toISOString(), total: i })),
};

test('a drag selects the whole buckets it touched, in either direction', () => {
  expect(brushed(histogram, 0.25, 0.55)).toEqual({ from: from + 2_000, to: from + 6_000 });
  expect(brushed(histogram, 0.55, 0.25)).toEqual({ from: from + 2_000, to: from + 6_000 });
  expect(brushed(histogram, 0.95, 1)).toEqual({ from: from + 9_000, to: from + 10_000 });
});

test('a click selects nothing, nor does an empty histogram', () => {
  expect(brushed(histogram, 0.5, 0.5)).toBeNull();
  expect(brushed({ ...histogram, items: [] }, 0, 1)).toBeNull();
});

test('counts begin where the first one is', () => {
  expect(firstCounted(histogram)).toBe(from + 1_000);
  expect(firstCounted({ ...histogram, items: histogram.items.slice(0, 1) })).toBeNull();
});

test('places outside are at the edges', () => {
  expect(bucketAt(histogram, -1)).toBe(0);
  expect(bucketAt(histogram, 2)).toBe(9);
  expect(timeAt(histogram, 0.5)).toBe(from + 5_000);
});
