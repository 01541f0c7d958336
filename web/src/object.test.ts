import { expect, test } from 'vitest';
import { formatObject, objectLabel, parseObject } from './object';

test('objects are kind, namespace and name', () => {
  expect(parseObject('pod/shop/cart-7d9f')).toEqual({ kind: 'pod', namespace: 'shop', name: 'cart-7d9f' });
  expect(parseObject('node//worker-1')).toEqual({ kind: 'node', namespace: '', name: 'worker-1' });
  expect(objectLabel(parseObject('node//worker-1'))).toBe('worker-1');
  expect(formatObject(parseObject('pod/a/b/c'))).toBe('pod/a/b/c');
  expect(parseObject(null)).toEqual({ kind: '', namespace: '', name: '' });
});
