import { expect, test } from 'vitest';
import type { Series } from './contract';
import { wholeSteps } from './series';

const points: Series['points'] = [
  [0, 5],
  [60_000, 7],
  [120_000, 1],
];

test('a step that is not over is not drawn, one that is over is', () => {
  const counted = { series: 'events', unit: 'count', points } as Series;
  expect(wholeSteps(counted, 150_000).points).toEqual(points.slice(0, 2));
  expect(wholeSteps(counted, 180_000)).toBe(counted);
});

test('what is measured at a moment is whole', () => {
  for (const other of [{ series: 'cpu', unit: 'millicores', points }, { series: 'events', unit: 'per_second', points }] as Series[]) expect(wholeSteps(other, 150_000)).toBe(other);
});
