// The timeline as it is read: in order, and what happened again and again told once with how often. Pure.
import type { TimelineEntry } from './contract';

export interface TimelineRow {
  entry: TimelineEntry;
  /** How many entries say the same about the same object. */
  times: number;
  /** When it was last said; the entry's own time for one that was said once. */
  last: string;
}

/** Events with the same object and words are one row, at the time of the first; changes and steps are each their own. */
export function timelineRows(entries: readonly TimelineEntry[]): TimelineRow[] {
  const rows: TimelineRow[] = [];
  const said = new Map<string, TimelineRow>();
  for (const entry of [...entries].sort((a, b) => a.at.localeCompare(b.at))) {
    const key = `${entry.object ?? ''}\n${entry.text ?? ''}`;
    const before = entry.kind === 'event' ? said.get(key) : undefined;
    if (before) {
      before.times += 1;
      before.last = entry.at;
      continue;
    }
    const row = { entry, times: 1, last: entry.at };
    rows.push(row);
    if (entry.kind === 'event') said.set(key, row);
  }
  return rows;
}
