import { expect, test } from 'vitest';
import { KeyMatcher, keyTable, sequenceMs } from './keys';

const press = (key: string, more: Partial<{ ctrl: boolean; meta: boolean; alt: boolean }> = {}) => ({ key, ctrl: false, meta: false, alt: false, ...more });
const type = (matcher: KeyMatcher, keys: string[], step = 100) => keys.map((key, i) => matcher.feed(press(key), i * step));

test('each row of the table does what it says', () => {
  for (const row of keyTable) {
    if (row.keys === 'Ctrl-K') continue;
    expect(type(new KeyMatcher(), row.keys.split(' ')).at(-1), row.keys).toBe(row.action);
  }
});

test('a sequence is two keys soon after one another', () => {
  expect(type(new KeyMatcher(), ['g', 'i'])).toEqual([null, 'goIncidents']);
  expect(type(new KeyMatcher(), ['g', 'i'], sequenceMs + 1)).toEqual([null, null]);
  expect(type(new KeyMatcher(), ['g', 'x', 'i'])).toEqual([null, null, null]);
});

test('Ctrl-K and Command-K open the palette, other chords are the browser’s', () => {
  const matcher = new KeyMatcher();
  expect(matcher.feed(press('k', { ctrl: true }), 0)).toBe('palette');
  expect(matcher.feed(press('K', { meta: true }), 0)).toBe('palette');
  expect(matcher.feed(press('j', { ctrl: true }), 0)).toBeNull();
  expect(matcher.feed(press('f', { ctrl: true }), 0)).toBeNull();
});

test('arrows move like j and k', () => {
  expect(new KeyMatcher().feed(press('ArrowDown'), 0)).toBe('down');
  expect(new KeyMatcher().feed(press('ArrowUp'), 0)).toBe('up');
});

test('no two rows have the same keys', () => {
  expect(new Set(keyTable.map((row) => row.keys)).size).toBe(keyTable.length);
});
