import { expect, test } from 'vitest';
import { en } from './en';
import { pick } from './index';
import { zh } from './zh';

type Node = string | ((...args: never[]) => string) | { [key: string]: Node };

function leaves(node: Node, path = ''): [string, Node][] {
  if (typeof node === 'string' || typeof node === 'function') return [[path, node]];
  return Object.entries(node).flatMap(([key, value]) => leaves(value, path ? `${path}.${key}` : key));
}

const english = leaves(en as Node);
const chinese = new Map(leaves(zh as Node));

/** Texts that are the same in both languages on purpose. */
const shared = new Set(['cluster.apiServer', 'clusters.agent', 'cluster.agent', 'events.filter']);

test('both languages have the same keys and the same kinds of text', () => {
  expect([...chinese.keys()].sort()).toEqual(english.map(([key]) => key).sort());
  for (const [key, text] of english) expect(typeof chinese.get(key), key).toBe(typeof text);
});

test('no text is empty, and none was forgotten in English', () => {
  for (const [key, text] of english) {
    const other = chinese.get(key);
    if (typeof text !== 'string' || typeof other !== 'string') continue;
    expect(text.trim(), key).not.toBe('');
    expect(other.trim(), key).not.toBe('');
    if (!shared.has(key)) expect(other, key).not.toBe(text);
  }
});

test('texts with values name all of them in both languages', () => {
  for (const [key, text] of english) {
    if (typeof text !== 'function') continue;
    const marks = ['⟦a⟧', '⟦b⟧', '⟦c⟧'];
    const numbers = [4711, 5822, 6933];
    for (const values of [marks, numbers]) {
      const spoken = (text as (...args: unknown[]) => string)(...values);
      const other = (chinese.get(key) as unknown as (...args: unknown[]) => string)(...values);
      for (const value of values) {
        const shown = typeof value === 'number' ? value.toLocaleString('en-GB') : value;
        const named = (sentence: string) => sentence.includes(String(value)) || sentence.includes(shown);
        expect(named(other), `${key}: ${other}`).toBe(named(spoken));
      }
    }
  }
});

test('a text that came in one language only stands in for the other', () => {
  expect(pick('a', '甲', 'zh')).toBe('甲');
  expect(pick('a', null, 'zh')).toBe('a');
  expect(pick(null, '甲', 'en')).toBe('甲');
  expect(pick(null, undefined, 'en')).toBe('');
});
