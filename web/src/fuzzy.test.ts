import { expect, test } from 'vitest';
import { fuzzyScore } from './fuzzy';

test('letters in order fit, whole words fit better, missing letters do not', () => {
  expect(fuzzyScore('xyz', 'shop-prod')).toBeNull();
  const score = (typed: string, name: string) => fuzzyScore(typed, name) ?? -Infinity;
  expect(score('prod', 'shop-prod')).toBeGreaterThan(score('prod', 'p-r-o-d'));
  expect(fuzzyScore('sp', 'shop-prod')).not.toBeNull();
  expect(score('', 'anything')).toBe(0);
  expect(fuzzyScore('paydr', 'pay-dr')).not.toBeNull();
  expect(fuzzyScore('cart', 'index-4 cannot be placed: it asks for 48Gi, the best node has 21.4Gi free')).toBeNull();
  expect(fuzzyScore('ab'.repeat(30), 'a b '.repeat(100))).not.toBeNull();
});
