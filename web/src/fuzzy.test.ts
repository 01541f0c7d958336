import { expect, test } from 'vitest';
import { fuzzyScore } from './fuzzy';

test('letters in order fit, whole words fit better, missing letters do not', () => {
  expect(fuzzyScore('xyz', 'shop-prod')).toBeNull();
  const score = (typed: string, name: string) => fuzzyScore(typed, name) ?? -Infinity;
  expect(score('prod', 'shop-prod')).toBeGreaterThan(score('prod', 'preorder-d'));
  expect(score('sp', 'shop-prod')).toBeGreaterThan(score('sp', 'disappear'));
  expect(score('', 'anything')).toBe(0);
});
