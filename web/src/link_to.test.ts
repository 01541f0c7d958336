import { expect, test } from 'vitest';
import { eventsOfObject, recordOf, sourceObject } from './link_to';

test('a quote leads to the record it was taken from', () => {
  const event = { id: 'u.1', cluster_id: 'a', type: 'k8s_event', severity: 'high' as const, timestamp: '', message: 'Error: no key DB_URL here', involved: { kind: 'Pod', namespace: 'shop', name: 'cart' } };
  expect(recordOf({ source: 'pod/shop/cart', quote: 'no key DB_URL' }, [event])?.id).toBe('u.1');
  expect(recordOf({ source: 'event pod/shop/cart', quote: 'no key DB_URL' }, [event])?.id).toBe('u.1');
  expect(recordOf({ source: 'pod/shop/cart', quote: 'DB_URL' }, [{ ...event, involved: null, object: 'pod/shop/cart' }])?.id).toBe('u.1');
  expect(recordOf({ source: 'pod/shop/other', quote: 'no key DB_URL' }, [event])).toBeUndefined();
  expect(new URL(eventsOfObject('a', 'node//worker-1'), 'http://x').searchParams.get('q')).toBe('cluster:a kind:Node name:worker-1');
});

test('the object is found within its source', () => {
  expect(sourceObject('event pod/shop/cart')).toEqual({ before: 'event ', object: 'pod/shop/cart', after: '' });
  expect(sourceObject('log pod/shop/cart web')).toEqual({ before: 'log ', object: 'pod/shop/cart', after: ' web' });
  expect(sourceObject('node//worker-1')).toEqual({ before: '', object: 'node//worker-1', after: '' });
  expect(sourceObject('the scheduler')).toEqual({ before: 'the scheduler', object: '', after: '' });
});
