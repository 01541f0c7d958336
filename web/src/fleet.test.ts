import { expect, test } from 'vitest';
import { makeFleet, makeGaps } from '../mock/fleet.mjs';
import { makeIncidents } from '../mock/incidents.mjs';
import type { Cluster, Gap, Incident } from './contract';
import { byUrgency, cellSpan, figuresOf, groupClusters, groupKeys, happenings, troubles, waitingOf } from './fleet';
import { asGrouping, groupIncidents } from './grouping';

const now = Date.UTC(2026, 10, 24, 9, 0, 0);
const clusters = makeFleet(now) as Cluster[];
const incidents = makeIncidents(now).map((entry: { item: unknown }) => entry.item as Incident);
const gaps = makeGaps(now) as Gap[];

test('the four figures', () => {
  const figures = figuresOf(clusters, incidents);
  expect(figures.open).toBe(incidents.filter((incident) => incident.state === 'open').length);
  expect(figures.notOnline).toBe(3);
  expect(figures.perSecond).toBeCloseTo(199.4, 1);
  expect(figures.oldest).toEqual({ cluster: 'data-prod', ms: 46_000 });
  expect(figuresOf([], []).oldest).toBeNull();
});

test('who has waited longest for a decision comes first', () => {
  const asks = (cluster_id: string, registered_at: string | null, state = 'pending') => ({ cluster_id, registered_at, state }) as Cluster;
  const found = waitingOf([asks('b', '2026-11-24T09:00:00.000Z'), asks('no', null, 'refused'), asks('a', '2026-11-24T08:00:00.000Z'), asks('on', null, 'online')]);
  expect(found.map((cluster) => cluster.cluster_id)).toEqual(['a', 'b']);
  expect(waitingOf(clusters).map((cluster) => cluster.cluster_id)).toEqual(['intake-cn-2']);
});

test('a cell tells about the worst open incident, then the newest', () => {
  const found = troubles(incidents).get('shop-prod');
  expect(found).toMatchObject({ count: 2, worst: 'high' });
  expect(found?.first.code).toBe('config.key-missing');
});

test('clusters are grouped by a label, those without it last', () => {
  expect(groupKeys(clusters)[0]).toBe('region');
  const groups = groupClusters([...clusters, { cluster_id: 'bare', state: 'online' } as Cluster], 'region');
  expect(groups.map((group) => group.label)).toEqual(['cn-north', 'eu-north', 'eu-west', 'us-east', null]);
  expect(groups.reduce((sum, group) => sum + group.clusters.length, 0)).toBe(clusters.length + 1);
});

test('a cell has one of three sizes', () => {
  expect([null, 0, 19, 20, 99, 100, 5_000].map(cellSpan)).toEqual([1, 1, 1, 2, 2, 3, 3]);
});

test('the last hour is told newest first and holds nothing older', () => {
  const list = happenings(incidents, clusters, gaps, now - 3_600_000);
  expect(list.map((entry) => entry.at)).toEqual([...list.map((entry) => entry.at)].sort((a, b) => b - a));
  expect(list.every((entry) => entry.at >= now - 3_600_000)).toBe(true);
  expect(new Set(list.map((entry) => entry.kind))).toEqual(new Set(['opened', 'recovered', 'changed', 'lost', 'gap']));
});

test('the most urgent incident comes first, closed ones last', () => {
  const sorted = [...incidents].sort(byUrgency);
  expect(sorted[0]?.severity).toBe('critical');
  const firstClosed = sorted.findIndex((incident) => incident.state === 'closed');
  expect(sorted.slice(firstClosed).every((incident) => incident.state === 'closed')).toBe(true);
});

test('the same cause in two clusters is one group', () => {
  const sorted = [...incidents].sort(byUrgency);
  const groups = groupIncidents(sorted, 'root').filter((group) => group.incidents.length > 1);
  expect(groups.map((group) => group.incidents.map((incident) => incident.cluster_id).sort())).toEqual([['edge-cn-1', 'edge-eu-1']]);
  expect(groupIncidents(sorted, 'none').length).toBe(1);
  expect(asGrouping('nonsense')).toBe('root');
});
