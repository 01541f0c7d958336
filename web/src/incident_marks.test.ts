import { expect, test } from 'vitest';
import type { Incident } from './contract';
import { incidentMarks } from './incident_marks';

const incident = (from: number, to: number | null, severity: Incident['severity']): Incident => ({
  id: `${from}`, cluster_id: 'a', state: to === null ? 'open' : 'closed', severity,
  opened_at: new Date(from).toISOString(), closed_at: to === null ? null : new Date(to).toISOString(),
});

test('bands do not overlap and have the colour of the worst that is open', () => {
  const { bands, starts } = incidentMarks([incident(10, 40, 'medium'), incident(20, 30, 'critical'), incident(60, null, 'low'), incident(70, null, 'low')], 100);
  expect(bands).toEqual([
    { from: 10, to: 20, severity: 'medium' },
    { from: 20, to: 30, severity: 'critical' },
    { from: 30, to: 40, severity: 'medium' },
    { from: 60, to: 100, severity: 'low' },
  ]);
  expect(starts.length).toBe(4);
});

test('no incident, or one without a time, marks nothing', () => {
  expect(incidentMarks([], 100)).toEqual({ starts: [], bands: [] });
  expect(incidentMarks([{ ...incident(0, null, 'low'), opened_at: 'never' }], 100).bands).toEqual([]);
});
