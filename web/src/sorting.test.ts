import { expect, test } from 'vitest';
import { formatSort, inOrder, parseSort, sortBy } from './sorting';

const id = (item: { name: string }) => item.name;

test('the order is read from and written to the address', () => {
  expect(parseSort('-nodes', ['name', 'nodes'], 'name')).toEqual({ column: 'nodes', descending: true });
  expect(parseSort(undefined, ['name', 'nodes'], '-name')).toEqual({ column: 'name', descending: true });
  expect(parseSort('nonsense', ['name'], 'name')).toEqual({ column: 'name', descending: false });
  expect(formatSort({ column: 'nodes', descending: true })).toBe('-nodes');
});

test('absent values come last in both directions', () => {
  const items = [{ name: 'a', n: null }, { name: 'b', n: 2 }, { name: 'c', n: 1 }];
  expect(sortBy(items, (item) => item.n, id, false).map(id)).toEqual(['c', 'b', 'a']);
  expect(sortBy(items, (item) => item.n, id, true).map(id)).toEqual(['b', 'c', 'a']);
});

test('names with numbers sort as people count', () => {
  const items = ['worker-10', 'worker-2'].map((name) => ({ name }));
  expect(sortBy(items, (item) => item.name, id, false).map(id)).toEqual(['worker-2', 'worker-10']);
});

test('rows stay where they were while values change; new ones come last', () => {
  const items = ['c', 'a', 'new', 'b'].map((name) => ({ name }));
  expect(inOrder(items, ['b', 'gone', 'a', 'c'], id).map(id)).toEqual(['b', 'a', 'c', 'new']);
});
