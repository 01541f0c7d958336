import { expect, test } from 'vitest';
import { hostileTexts } from '../mock/hostile.mjs';
import { plainUntrusted, splitUntrusted } from './untrusted';

const shown = (text: string) => splitUntrusted(text).map((piece) => (piece.marked ? `[${piece.text}]` : piece.text)).join('');

test('characters that would be obeyed are shown', () => {
  expect(shown('\u001b[31mred')).toBe('[ESC][31mred');
  expect(shown('a\u202eb')).toBe('a[U+202E]b');
  expect(shown('zero\u200bwidth')).toBe('zero[U+200B]width');
  expect(shown('nul\u0000')).toBe('nul[NUL]');
  expect(shown('half \ud800 pair')).toBe('half [U+D800] pair');
});

test('ordinary text, line ends, tabs, Chinese and emoji are left alone', () => {
  for (const text of ['plain', 'two\nlines\tand a tab', '就绪探针失败', '👍 ok', 'é']) expect(shown(text)).toBe(text);
});

test('nothing of a hostile text is lost, and nothing in it stays invisible', () => {
  for (const text of hostileTexts) {
    expect(plainUntrusted(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/);
    const kept = splitUntrusted(text).filter((piece) => !piece.marked).map((piece) => piece.text).join('');
    expect(kept.length).toBeGreaterThan(0);
  }
});
