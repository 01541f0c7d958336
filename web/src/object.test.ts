import { expect, test } from 'vitest';
import { formatObject, kubernetesKind, objectLabel, parseObject } from './object';

test('objects are kind, namespace and name', () => {
  expect(parseObject('pod/shop/cart-7d9f')).toEqual({ kind: 'pod', namespace: 'shop', name: 'cart-7d9f' });
  expect(parseObject('node//worker-1')).toEqual({ kind: 'node', namespace: '', name: 'worker-1' });
  expect(objectLabel(parseObject('node//worker-1'))).toBe('worker-1');
  expect(formatObject(parseObject('pod/a/b/c'))).toBe('pod/a/b/c');
  expect(parseObject(null)).toEqual({ kind: '', namespace: '', name: '' });
});

test('kinds are written as Kubernetes writes them, unknown ones are left alone', () => {
  expect(['pod', 'replicaset', 'PersistentVolumeClaim', 'certificate'].map(kubernetesKind)).toEqual(['Pod', 'ReplicaSet', 'PersistentVolumeClaim', 'certificate']);
});
