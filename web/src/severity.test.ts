import { expect, test } from 'vitest';
import { severityOf, severityRank, worstOf } from './severity';

test('severities are ordered, unknown words come last', () => {
  expect(worstOf(['low', 'critical', null, 'high'])).toBe('critical');
  expect(worstOf([])).toBeNull();
  expect(severityOf('loud')).toBe('unknown');
  expect(severityRank('loud')).toBeGreaterThan(severityRank('info'));
});
