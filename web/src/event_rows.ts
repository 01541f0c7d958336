// Rows of the events table. Folded, each event object is one row, told by its newest revision and its true count.
import type { ClusterEvent } from './contract';

export interface EventRow {
  /** The newest revision. */
  event: ClusterEvent;
  /** How often it happened, as the API server counts; not how many revisions were stored. */
  count: number;
  /** Stored revisions among the loaded events. */
  revisions: number;
}

/** An event of Kubernetes is one object with a uid; a state is one object in one condition. */
export function foldKey(event: ClusterEvent): string {
  if (!event.uid) return event.id;
  return event.type === 'k8s_event' ? `${event.cluster_id} ${event.uid}` : `${event.cluster_id} ${event.uid} ${event.reason ?? ''}`;
}

function newestFirst(a: ClusterEvent, b: ClusterEvent): number {
  return b.timestamp.localeCompare(a.timestamp) || b.id.localeCompare(a.id);
}

/** Grows with what is loaded; `rows` keeps its order, so that nothing a reader looks at moves. */
export class EventRows {
  readonly rows: EventRow[] = [];
  private items: ClusterEvent[] = [];
  private readonly ids = new Set<string>();
  private readonly byKey = new Map<string, EventRow>();
  private readonly fold: boolean;
  private readonly accept: (event: ClusterEvent) => boolean;

  constructor(fold: boolean, accept: (event: ClusterEvent) => boolean) {
    this.fold = fold;
    this.accept = accept;
  }

  get loaded(): number {
    return this.items.length;
  }

  get events(): readonly ClusterEvent[] {
    return this.items;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** Events older than all before, as a page of the list brings them. */
  append(older: readonly ClusterEvent[]): void {
    for (const event of older) {
      if (this.ids.has(event.id)) continue;
      this.ids.add(event.id);
      this.items.push(event);
      this.addRow(event);
    }
  }

  /** Events that came since; they take their place by time, which for a late one may be further down. */
  prepend(fresh: readonly ClusterEvent[]): void {
    const added = fresh.filter((event) => !this.ids.has(event.id));
    this.items = [...added, ...this.items].sort(newestFirst);
    this.ids.clear();
    this.byKey.clear();
    this.rows.length = 0;
    for (const event of this.items) {
      this.ids.add(event.id);
      this.addRow(event);
    }
  }

  private addRow(event: ClusterEvent): void {
    if (!this.accept(event)) return;
    // An event of Kubernetes carries its whole count; a state is told once each time it comes about.
    const whole = event.type === 'k8s_event' ? event.count : null;
    const own = whole ?? event.delta ?? 1;
    const key = this.fold ? foldKey(event) : event.id;
    const row = this.byKey.get(key);
    if (!row) {
      const made = { event, count: own, revisions: 1 };
      this.byKey.set(key, made);
      this.rows.push(made);
      return;
    }
    row.revisions += 1;
    row.count = whole == null ? row.count + own : Math.max(row.count, whole);
  }
}
