import { expect, test } from 'vitest';
import { scrollToRow, windowOf } from './window';

test('only rows in view and a few beyond are drawn, however long the list', () => {
  for (const top of [0, 26 * 50_000, 26 * 99_990]) {
    const { first, end } = windowOf(top, 600, 26, 100_000);
    expect(end - first).toBeLessThanOrEqual(Math.ceil(600 / 26) + 1 + 24);
    expect(first * 26).toBeLessThanOrEqual(top);
    expect(end * 26).toBeGreaterThanOrEqual(Math.min(top + 600, 2_600_000));
  }
});

test('the drawn rows lie where the scroll position expects them', () => {
  expect(windowOf(2_600, 260, 26, 1_000, 0)).toEqual({ first: 100, end: 110, offset: 2_600, height: 26_000 });
});

test('an empty list and a position beyond a list that shrank are harmless', () => {
  expect(windowOf(5_000, 600, 26, 0)).toEqual({ first: 0, end: 0, offset: 0, height: 0 });
  const { first, end } = windowOf(1_000_000, 260, 26, 30, 0);
  expect([first, end]).toEqual([20, 30]);
});

test('a row is brought into view by the shortest way', () => {
  expect(scrollToRow(5, 0, 260, 26)).toBe(0);
  expect(scrollToRow(10, 0, 260, 26)).toBe(26);
  expect(scrollToRow(3, 260, 260, 26)).toBe(78);
});
