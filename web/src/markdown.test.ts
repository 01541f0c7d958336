import { expect, test } from 'vitest';
import { hostileTexts } from '../mock/hostile.mjs';
import { parseInline, parseMarkdown, safeHref, type Inline } from './markdown';

const plain = (nodes: readonly Inline[]): string => nodes.map((node) => ('text' in node ? node.text : plain(node.inner))).join('');

test('the parts that entries use', () => {
  const text = '# Title\n\nSome *words* and **more** with `code`.\ncontinued\n\n- one\n- two\n  and on\n\n1. first\n2. second\n\n```sh\nkubectl <get>\n```\n\n> quote\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n';
  expect(parseMarkdown(text).map((block) => block.kind)).toEqual(['heading', 'paragraph', 'list', 'list', 'code', 'quote', 'table', 'rule']);
  const [, paragraph, list, , code, , table] = parseMarkdown(text);
  expect(paragraph?.kind === 'paragraph' && paragraph.inner.map((node) => node.kind)).toEqual(['text', 'emphasis', 'text', 'strong', 'text', 'code', 'text']);
  expect(list?.kind === 'list' && list.items.map(plain)).toEqual(['one', 'two and on']);
  expect(code?.kind === 'code' && code.text).toBe('kubectl <get>');
  expect(table?.kind === 'table' && [table.head.map(plain), table.rows.map((row) => row.map(plain))]).toEqual([['a', 'b'], [['1', '2']]]);
});

test('links lead to pages and nowhere else', () => {
  expect(safeHref('https://kubernetes.io/docs/')).toBe('https://kubernetes.io/docs/');
  expect(safeHref('/knowledge?id=crash.oom')).toBe('/knowledge?id=crash.oom');
  for (const href of ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', ' javascript:alert(1)', 'data:text/html,x', '//attacker.invalid', '/\\attacker.invalid', 'vbscript:x', 'file:///etc/passwd', 'java\tscript:x', 'https://a b']) {
    expect(safeHref(href), href).toBeNull();
  }
});

test('a refused link stays the text it was', () => {
  expect(parseInline('[click](javascript:alert(1)) now')).toEqual([{ kind: 'text', text: '[click](javascript:alert(1)) now' }]);
});

test('HTML and images are text', () => {
  for (const text of hostileTexts) {
    const kinds = JSON.stringify(parseMarkdown(text.replace(/\s/g, ' ')));
    expect(kinds).not.toContain('"link"');
  }
  expect(plain(parseInline('<b>bold</b>'))).toBe('<b>bold</b>');
});

test('marks without a partner, deep nesting and long runs end', { timeout: 60_000 }, () => {    // in steps that grow with the text, not with its square
  for (const text of ['*', '**', '`', '[', '[a](', '\\', '```\nopen', '*'.repeat(20_000), '['.repeat(20_000), '`'.repeat(20_000), '**a '.repeat(5_000), '> '.repeat(5_000), '|'.repeat(20_000)]) {
    expect(() => parseMarkdown(text)).not.toThrow();
  }
});
