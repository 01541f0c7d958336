import { expect, test } from 'vitest';
import { eventsOfObject, recordOf } from './link_to';

test('a quote leads to the record it was taken from', () => {
  const event = { id: 'u.1', cluster_id: 'a', type: 'k8s_event', severity: 'high' as const, timestamp: '', message: 'Error: no key DB_URL here', involved: { kind: 'Pod', namespace: 'shop', name: 'cart' } };
  expect(recordOf({ source: 'pod/shop/cart', quote: 'no key DB_URL' }, [event])?.id).toBe('u.1');
  expect(recordOf({ source: 'pod/shop/other', quote: 'no key DB_URL' }, [event])).toBeUndefined();
  expect(new URL(eventsOfObject('a', 'node//worker-1'), 'http://x').searchParams.get('q')).toBe('cluster:a kind:Node name:worker-1');
});
