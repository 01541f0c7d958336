import { expect, test } from 'vitest';
import { moveRow } from './use_row';

test('a selection moves within its list', () => {
  const ids = ['a', 'b', 'c'];
  expect(moveRow(ids, '', 1)).toBe('a');
  expect(moveRow(ids, '', -1)).toBe('c');
  expect(moveRow(ids, 'c', 1)).toBe('c');
  expect(moveRow(ids, 'b', -1)).toBe('a');
  expect(moveRow([], 'gone', 1)).toBe('');
});
