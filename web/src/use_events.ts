// The events a filter asks for: pages from the server as far as somebody scrolls, and what the stream brings meanwhile.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError, type Params } from './api';
import type { ClusterEvent } from './contract';
import { EventRows } from './event_rows';
import { listen } from './stream';

export const eventsMax = 100_000;
const pageSize = 500;
const freshMax = 2_000;

/** Pages fetched in a row without somebody scrolling: a filter that finds little must not read the whole store. */
const unaskedPagesMax = 20;

export interface EventsView {
  rows: EventRows;
  /** Matching events that arrived since and wait behind the bar. */
  fresh: readonly ClusterEvent[];
  /** More arrived than can wait, or the stream lost its place: the list has to be loaded again to be whole. */
  outdated: boolean;
  loading: boolean;
  error: ApiError | null;
  /** The server has no older ones. */
  complete: boolean;
  /** `eventsMax` was reached, or many pages held little: nothing more is fetched until somebody asks. */
  paused: boolean;
  more: (asked: boolean) => void;
  /** Puts what waits into the list, or loads it again where it is outdated. */
  release: () => void;
  retry: () => void;
}

interface Held {
  key: string;
  rows: EventRows;
  fresh: ClusterEvent[];
  outdated: boolean;
  cursor: string;
  complete: boolean;
  loading: boolean;
  error: ApiError | null;
  unasked: number;
  abort: AbortController;
}

interface Wanted {
  /** Names everything the list depends on. */
  key: string;
  params: Params;
  fold: boolean;
  accept: (event: ClusterEvent) => boolean;
  /** Whether the time range reaches into the present, so that new events belong to it. */
  live: boolean;
}

function empty(wanted: Wanted): Held {
  return {
    key: wanted.key,
    rows: new EventRows(wanted.fold, wanted.accept),
    fresh: [],
    outdated: false,
    cursor: '',
    complete: false,
    loading: false,
    error: null,
    unasked: 0,
    abort: new AbortController(),
  };
}

async function fetchPage(held: Held, params: Params, draw: () => void): Promise<void> {
  held.loading = true;
  draw();
  try {
    const page = await api.events({ ...params, limit: pageSize, cursor: held.cursor }, held.abort.signal);
    held.rows.append(page.items);
    held.cursor = page.next ?? '';
    held.complete = !held.cursor;
    held.error = null;
  } catch (failure) {
    if (held.abort.signal.aborted) return;
    held.error = failure instanceof ApiError ? failure : new ApiError(0, '', String(failure));
  } finally {
    held.loading = false;
    if (!held.abort.signal.aborted) draw();
  }
}

function markOutdated(held: Held): void {
  held.outdated = true;
  held.fresh = [];
}

export function useEvents(wanted: Wanted): EventsView {
  const [, setTurn] = useState(0);
  const current = useRef<Held | null>(null);
  if (current.current?.key !== wanted.key) {
    current.current?.abort.abort();
    current.current = empty(wanted);
  }
  const held = current.current;
  const redraw = () => setTurn((turn) => turn + 1);

  useEffect(() => {
    void fetchPage(held, wanted.params, redraw);
    const stops = wanted.live
      ? [
          listen('event', (events) => {
            if (held.outdated) return;
            const mine = events.filter((event) => wanted.accept(event) && !held.rows.has(event.id));
            if (mine.length === 0) return;
            held.fresh = [...mine.reverse(), ...held.fresh];
            if (held.fresh.length > freshMax) markOutdated(held);
            redraw();
          }),
          listen('reset', () => {
            markOutdated(held);
            redraw();
          }),
        ]
      : [];
    return () => {
      stops.forEach((stop) => stop());
      held.abort.abort();
    };
  }, [held]);

  const full = held.rows.loaded >= eventsMax;
  return {
    rows: held.rows,
    fresh: held.fresh,
    outdated: held.outdated,
    loading: held.loading,
    error: held.error,
    complete: held.complete,
    paused: !held.complete && (full || held.unasked >= unaskedPagesMax),
    more: (asked) => {
      if (asked) held.unasked = 0;
      if (held.loading || held.complete || held.error || held.rows.loaded >= eventsMax || held.unasked >= unaskedPagesMax) return;
      if (!asked) held.unasked += 1;
      void fetchPage(held, wanted.params, redraw);
    },
    release: () => {
      if (held.outdated) {
        held.abort.abort();
        current.current = null;
        redraw();
        return;
      }
      held.rows.prepend(held.fresh);
      held.fresh = [];
      redraw();
    },
    retry: () => {
      held.error = null;
      void fetchPage(held, wanted.params, redraw);
    },
  };
}
