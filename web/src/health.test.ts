import { expect, test } from 'vitest';
import type { Cluster } from './contract';
import { clockTone, isHeard, linkTone, spoolTone, watchTone } from './health';

test('the five facts have tones', () => {
  const cluster = (more: Partial<Cluster>): Cluster => ({ cluster_id: 'a', state: 'online', ...more });
  expect(linkTone(cluster({ state: 'offline' }))).toBe('high');
  expect([null, 900, 12_000, 70_000].map((ms) => watchTone(cluster({ watch_age_ms: ms })))).toEqual(['unknown', 'ok', 'medium', 'high']);
  expect(spoolTone(cluster({ spool: { oldest_ms: 40_000 } }))).toBe('medium');
  expect(spoolTone(cluster({ spool: { oldest_ms: 10, dropped: 1 } }))).toBe('high');
  expect(spoolTone(cluster({}))).toBe('unknown');
  expect([30, -1_500, 6_000].map((ms) => clockTone(cluster({ clock_offset_ms: ms })))).toEqual(['ok', 'medium', 'high']);
  expect(isHeard(cluster({ state: 'pending' }))).toBe(false);
});
