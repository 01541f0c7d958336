// The five facts by which a cluster's own picture can be judged, each with a tone. Pure.
import type { Cluster } from './contract';

export type Tone = 'ok' | 'medium' | 'high' | 'unknown';

/** From these values on, a fact is worth a look, and worth an alarm. */
const watchSlowMs = 10_000;
const watchStuckMs = 60_000;
const spoolSlowMs = 30_000;
const clockOffMs = 1_000;
const clockWrongMs = 5_000;

export function linkTone(cluster: Cluster): Tone {
  if (cluster.state === 'online') return 'ok';
  return cluster.state === 'degraded' || cluster.state === 'pending' ? 'medium' : 'high';
}

export function apiServerTone(cluster: Cluster): Tone {
  switch (cluster.health) {
    case 'healthy':
      return 'ok';
    case 'degraded':
      return 'medium';
    case 'unhealthy':
      return 'high';
    default:
      return 'unknown';
  }
}

function toneOf(value: number | null | undefined, medium: number, high: number): Tone {
  if (value == null) return 'unknown';
  if (value >= high) return 'high';
  return value >= medium ? 'medium' : 'ok';
}

export function watchTone(cluster: Cluster): Tone {
  return toneOf(cluster.watch_age_ms, watchSlowMs, watchStuckMs);
}

/** Records that wait are a delay, records that were dropped are a loss. */
export function spoolTone(cluster: Cluster): Tone {
  if (!cluster.spool) return 'unknown';
  if ((cluster.spool.dropped ?? 0) > 0) return 'high';
  return toneOf(cluster.spool.oldest_ms ?? 0, spoolSlowMs, Infinity);
}

export function clockTone(cluster: Cluster): Tone {
  const offset = cluster.clock_offset_ms;
  return toneOf(offset == null ? null : Math.abs(offset), clockOffMs, clockWrongMs);
}

/** What an agent last said is old news while nobody hears it. */
export function isHeard(cluster: Cluster): boolean {
  return cluster.state === 'online' || cluster.state === 'degraded';
}
