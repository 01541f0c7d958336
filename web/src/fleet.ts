// What the Fleet page shows, computed from the store's data. Pure.
import { severityRank, worstOf, type KnownSeverity } from './severity';
import type { Cluster, Gap, Incident } from './contract';
import { parseTime } from './time';

export interface Figures {
  open: number;
  notOnline: number;
  perSecond: number;
  /** Cluster with the oldest record that central has not confirmed; null when none waits. */
  oldest: { cluster: string; ms: number } | null;
}

export function figuresOf(clusters: readonly Cluster[], incidents: readonly Incident[]): Figures {
  let oldest: Figures['oldest'] = null;
  for (const cluster of clusters) {
    const ms = cluster.spool?.oldest_ms ?? 0;
    if (ms > (oldest?.ms ?? 0)) oldest = { cluster: cluster.cluster_id, ms };
  }
  return {
    open: incidents.filter((incident) => incident.state === 'open').length,
    notOnline: clusters.filter((cluster) => cluster.state !== 'online').length,
    perSecond: clusters.reduce((sum, cluster) => sum + (cluster.events_per_second ?? 0), 0),
    oldest,
  };
}

/** Clusters that wait for a person's word, the one that has waited longest first. */
export function waitingOf(clusters: readonly Cluster[]): Cluster[] {
  return clusters.filter((cluster) => cluster.state === 'pending').sort((a, b) => (a.registered_at ?? '').localeCompare(b.registered_at ?? ''));
}

export interface Trouble {
  count: number;
  worst: KnownSeverity | null;
  /** The incident that a cell with room for one sentence tells about. */
  first: Incident;
}

/** Open incidents of each cluster, from the incidents themselves, so that a cell and its list never disagree. */
export function troubles(incidents: readonly Incident[]): Map<string, Trouble> {
  const found = new Map<string, Trouble>();
  for (const incident of incidents) {
    if (incident.state !== 'open') continue;
    const old = found.get(incident.cluster_id);
    found.set(incident.cluster_id, {
      count: (old?.count ?? 0) + 1,
      worst: worstOf([old?.worst, incident.severity]),
      first: old && byUrgency(old.first, incident) <= 0 ? old.first : incident,
    });
  }
  return found;
}

export interface Group {
  label: string | null;
  clusters: Cluster[];
}

/** Label keys that tell clusters apart, the useful one for a start first. */
export function groupKeys(clusters: readonly Cluster[]): string[] {
  const keys = new Set<string>();
  for (const cluster of clusters) for (const key of Object.keys(cluster.labels ?? {})) keys.add(key);
  return [...keys].sort((a, b) => Number(b === 'region') - Number(a === 'region') || a.localeCompare(b));
}

export function groupClusters(clusters: readonly Cluster[], key: string | null): Group[] {
  const sorted = [...clusters].sort((a, b) => a.cluster_id.localeCompare(b.cluster_id));
  if (!key) return [{ label: '', clusters: sorted }];
  const groups = new Map<string | null, Cluster[]>();
  for (const cluster of sorted) {
    const label = cluster.labels?.[key] ?? null;
    groups.set(label, [...(groups.get(label) ?? []), cluster]);
  }
  return [...groups]
    .map(([label, members]) => ({ label, clusters: members }))
    .sort((a, b) => Number(a.label === null) - Number(b.label === null) || (a.label ?? '').localeCompare(b.label ?? ''));
}

/** Columns that a cell spans: three sizes are enough to see which cluster is big. */
export function cellSpan(nodes: number | null | undefined): 1 | 2 | 3 {
  if ((nodes ?? 0) >= 100) return 3;
  return (nodes ?? 0) >= 20 ? 2 : 1;
}

export type Happening =
  | { kind: 'opened' | 'recovered'; at: number; key: string; incident: Incident }
  | { kind: 'changed'; at: number; key: string; incident: Incident; text: string; text_zh: string }
  | { kind: 'lost' | 'back'; at: number; key: string; cluster: Cluster }
  | { kind: 'gap'; at: number; key: string; gap: Gap };

export const happeningsMax = 60;

function ofIncident(incident: Incident): Happening[] {
  const found: Happening[] = [];
  const opened = parseTime(incident.opened_at);
  if (opened !== null) found.push({ kind: 'opened', at: opened, key: `o ${incident.id}`, incident });
  const closed = parseTime(incident.closed_at);
  if (closed !== null) found.push({ kind: 'recovered', at: closed, key: `c ${incident.id}`, incident });
  (incident.verdict?.changes ?? []).forEach((change, i) => {
    const at = parseTime(change.at);
    if (at === null) return;
    found.push({ kind: 'changed', at, key: `x ${incident.id} ${i}`, incident, text: change.text, text_zh: change.text_zh ?? change.text });
  });
  return found;
}

function ofCluster(cluster: Cluster): Happening[] {
  const at = parseTime(cluster.state_since);
  if (at === null) return [];
  const registered = parseTime(cluster.registered_at);
  const kind = cluster.state === 'online' ? 'back' : 'lost';
  if (kind === 'back' && registered !== null && Math.abs(at - registered) < 5_000) return [];
  return [{ kind, at, key: `s ${cluster.cluster_id}`, cluster }];
}

/** What changed between `since` and now, the newest first. */
export function happenings(incidents: readonly Incident[], clusters: readonly Cluster[], gaps: readonly Gap[], since: number): Happening[] {
  const all: Happening[] = [...incidents.flatMap(ofIncident), ...clusters.flatMap(ofCluster)];
  for (const gap of gaps) {
    const at = parseTime(gap.recorded_at);
    if (at !== null) all.push({ kind: 'gap', at, key: `g ${gap.id}`, gap });
  }
  return all
    .filter((happening) => happening.at >= since)
    .sort((a, b) => b.at - a.at || a.key.localeCompare(b.key))
    .slice(0, happeningsMax);
}

/** Worst first, then the longest open; closed ones by when they closed. */
export function byUrgency(a: Incident, b: Incident): number {
  if (a.state !== b.state) return a.state === 'open' ? -1 : 1;
  if (a.state === 'closed') return (b.closed_at ?? '').localeCompare(a.closed_at ?? '') || a.id.localeCompare(b.id);
  return severityRank(a.severity) - severityRank(b.severity) || b.opened_at.localeCompare(a.opened_at) || a.id.localeCompare(b.id);
}
