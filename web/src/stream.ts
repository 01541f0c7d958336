// The live stream of /api/v1/stream: one connection for the page, resumed where it broke off.
// fetch instead of EventSource, because a reader wants to know when the next attempt comes and to start it by hand.
import { signal } from '@preact/signals';
import { currentTime } from './clock';
import type { Cluster, ClusterEvent, Gap, Incident } from './contract';
import { firstLink, nextLink, silenceMax, type Link, type LinkFact } from './link';
import { StreamDecoder, type StreamMessage } from './sse';

export interface StreamItems {
  event: ClusterEvent;
  incident: Incident;
  cluster: Cluster;
  gap: Gap;
  /** What was missed is gone from central's memory: load again. */
  reset: null;
}

export type StreamKind = keyof StreamItems;
type Listener<K extends StreamKind> = (items: StreamItems[K][]) => void;

export const link = signal<Link>(firstLink(Date.now()));

const listeners: { [K in StreamKind]: Set<Listener<K>> } = {
  event: new Set(),
  incident: new Set(),
  cluster: new Set(),
  gap: new Set(),
  reset: new Set(),
};

/** Items are handed over in batches, at most ten times a second, so that a burst costs one repaint. */
export function listen<K extends StreamKind>(kind: K, listener: Listener<K>): () => void {
  listeners[kind].add(listener);
  return () => listeners[kind].delete(listener);
}

const batchDelay = 100;
const batchMax = 5_000;
let waiting: { kind: StreamKind; item: unknown }[] = [];
let flushTimer = 0;

function flush(): void {
  flushTimer = 0;
  const batch = waiting;
  waiting = [];
  for (const kind of Object.keys(listeners) as StreamKind[]) {
    const items = batch.filter((entry) => entry.kind === kind).map((entry) => entry.item);
    if (items.length === 0) continue;
    for (const listener of listeners[kind]) (listener as (items: unknown[]) => void)(items);
  }
}

function take(message: StreamMessage): void {
  if (!(message.event in listeners)) return;
  const kind = message.event as StreamKind;
  let item: unknown = null;
  if (kind !== 'reset') {
    try {
      item = JSON.parse(message.data);
    } catch {
      return;
    }
  }
  // A page that cannot keep up loads again instead of holding an endless queue.
  if (waiting.length >= batchMax) waiting = [{ kind: 'reset', item: null }];
  else waiting.push({ kind, item });
  if (!flushTimer) flushTimer = window.setTimeout(flush, batchDelay);
}

const decoderState = { lastId: '' };
let retryTimer = 0;
let attempt: AbortController | null = null;

function apply(fact: LinkFact): void {
  link.value = nextLink(link.peek(), fact, currentTime());
}

async function read(signal: AbortSignal, heard: () => void): Promise<void> {
  const headers: Record<string, string> = { Accept: 'text/event-stream' };
  if (decoderState.lastId) headers['Last-Event-ID'] = decoderState.lastId;
  const response = await fetch('/api/v1/stream?kinds=event,incident,cluster,gap', { headers, signal, credentials: 'same-origin', cache: 'no-store' });
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
  apply({ kind: 'opened' });
  const decoder = new StreamDecoder();
  decoder.lastId = decoderState.lastId;
  const text = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await text.read();
    if (done) return;
    heard();
    for (const message of decoder.push(value)) take(message);
    decoderState.lastId = decoder.lastId;
  }
}

async function connect(): Promise<void> {
  clearTimeout(retryTimer);
  apply({ kind: 'attempt' });
  const mine = new AbortController();
  attempt = mine;
  let watchdog = 0;
  const heard = () => {
    clearTimeout(watchdog);
    watchdog = window.setTimeout(() => mine.abort(), silenceMax);
  };
  heard();
  try {
    await read(mine.signal, heard);
  } catch {
    // Refused, broken off or silent: all three are answered by the next attempt, and the banner says so.
  }
  clearTimeout(watchdog);
  if (attempt !== mine) return;
  attempt = null;
  apply({ kind: 'closed', chance: Math.random() });
  retryTimer = window.setTimeout(() => void connect(), Math.max(0, link.peek().retryAt - currentTime()));
}

/** Tries again at once instead of when the delay is over. */
export function reconnectNow(): void {
  if (!attempt) void connect();
}

/** A browser has six connections to one address: a page that nobody looks at gives its own back after this long. */
const hiddenMs = 30_000;
let hiddenTimer = 0;

function rest(): void {
  clearTimeout(retryTimer);
  const mine = attempt;
  attempt = null;
  mine?.abort();
  apply({ kind: 'rested' });
}

function onVisibility(): void {
  clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = window.setTimeout(rest, hiddenMs);
  else reconnectNow();
}

export function startStream(): void {
  void connect();
  addEventListener('online', reconnectNow);
  document.addEventListener('visibilitychange', onVisibility);
}

/** Central began anew, so that its numbers mean other messages: start from its present. */
export function forgetPlace(): void {
  decoderState.lastId = '';
  for (const listener of listeners.reset) listener([null]);
}
