// What every page shares: the clusters, the incidents of now and the last day, central's own status.
// Loaded once, kept fresh by the stream, loaded again when the stream says that it lost its place.
import { computed, effect, signal } from '@preact/signals';
import { api, ApiError } from './api';
import { currentTime } from './clock';
import type { Cluster, Gap, Incident, Status } from './contract';
import { forgetPlace, link, listen } from './stream';

export interface Load {
  /** When the data was last known to be whole; null before the first answer. */
  at: number | null;
  error: ApiError | null;
}

export const clusters = signal<ReadonlyMap<string, Cluster>>(new Map());
export const incidents = signal<ReadonlyMap<string, Incident>>(new Map());
export const gaps = signal<readonly Gap[]>([]);
export const status = signal<Status | null>(null);
export const load = signal<Load>({ at: null, error: null });

const gapsMax = 500;
const incidentsMax = 5_000;

function upsert<T>(into: ReadonlyMap<string, T>, items: T[], key: (item: T) => string): ReadonlyMap<string, T> {
  const next = new Map(into);
  for (const item of items) next.set(key(item), item);
  return next;
}

const clusterKey = (cluster: Cluster) => cluster.cluster_id;
const incidentKey = (incident: Incident) => incident.id;

/** Data is stale while the stream is lost, or when the last load failed. */
export const staleSince = computed<number | null>(() => {
  if (load.value.error && load.value.at !== null) return load.value.at;
  return link.value.state === 'lost' ? link.value.since : null;
});

/** Closed incidents leave first, so that a page that stays open for weeks does not grow for weeks. */
function bounded(all: ReadonlyMap<string, Incident>): ReadonlyMap<string, Incident> {
  if (all.size <= incidentsMax) return all;
  const kept = [...all.values()].sort((a, b) => (a.state === b.state ? b.opened_at.localeCompare(a.opened_at) : a.state === 'open' ? -1 : 1));
  return new Map(kept.slice(0, incidentsMax).map((incident) => [incident.id, incident]));
}

/** What an answer told of a cluster, before the stream says the same. */
export function keepCluster(cluster: Cluster): void {
  clusters.value = upsert(clusters.peek(), [cluster], clusterKey);
}

let loading = false;

export async function loadStore(): Promise<void> {
  if (loading) return;
  loading = true;
  try {
    const [allClusters, allIncidents, allGaps, present] = await Promise.all([
      api.clusters(),
      api.incidents({}),
      api.gaps({}),
      api.status(),
    ]);
    clusters.value = upsert(new Map(), allClusters, clusterKey);
    incidents.value = upsert(new Map(), allIncidents, incidentKey);
    gaps.value = allGaps.slice(0, gapsMax);
    status.value = present;
    load.value = { at: currentTime(), error: null };
  } catch (failure) {
    const error = failure instanceof ApiError ? failure : new ApiError(0, '', String(failure));
    load.value = { ...load.peek(), error };
  } finally {
    loading = false;
  }
}

const statusEvery = 15_000;

async function refreshStatus(): Promise<void> {
  try {
    const before = status.peek()?.started_at;
    status.value = await api.status();
    if (before && status.value.started_at !== before) forgetPlace();
    else if (load.peek().error) await loadStore();
  } catch {
    // The stream's banner tells about a lost central; the last known status stays, dimmed.
  }
}

/** What changed while the stream was lost is fetched, whatever the stream itself can still repeat. */
function loadAfterLoss(): void {
  let wasLost = false;
  effect(() => {
    const { state } = link.value;
    if (state === 'live' && wasLost) void refreshStatus().then(loadStore);
    wasLost = state === 'lost' || (wasLost && state !== 'live');
  });
}

export function startStore(): void {
  listen('cluster', (items) => {
    clusters.value = upsert(clusters.peek(), items, clusterKey);
  });
  listen('incident', (items) => {
    incidents.value = bounded(upsert(incidents.peek(), items, incidentKey));
  });
  listen('gap', (items) => {
    gaps.value = [...items.reverse(), ...gaps.peek()].slice(0, gapsMax);
  });
  listen('reset', () => void loadStore());
  void loadStore();
  loadAfterLoss();
  setInterval(() => void refreshStatus(), statusEvery);
}
