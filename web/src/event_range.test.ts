import { expect, test } from 'vitest';
import { rangeOf } from './event_range';

test('ranges reach into the present or are fixed', () => {
  const now = Date.UTC(2026, 0, 2);
  expect(rangeOf({}, now)).toEqual({ since: '2026-01-01T23:00:00.000Z', until: '', live: true, choice: '1h' });
  expect(rangeOf({ range: 'all' }, now).since).toBe('');
  expect(rangeOf({ range: 'nonsense' }, now).choice).toBe('1h');
  expect(rangeOf({ from: '2026-01-01T01:00:00Z', to: '2026-01-01T02:00:00Z' }, now)).toMatchObject({ live: false, choice: '' });
});
