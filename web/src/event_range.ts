// The span of time that the Events page looks at: relative to now (`range=6h`) or fixed (`from`, `to`). Pure.
import type { Query } from './router';
import { parseRange, parseTime } from './time';

export const ranges = ['15m', '1h', '6h', '24h', '7d', 'all'] as const;
export const rangeDefault = '1h';

export interface EventRange {
  /** RFC 3339, empty when open. */
  since: string;
  until: string;
  /** New events belong to it. */
  live: boolean;
  /** The pressed choice; empty for a fixed span. */
  choice: string;
}

export function rangeOf(query: Query, now: number): EventRange {
  const from = parseTime(query['from']);
  const to = parseTime(query['to']);
  if (from !== null || to !== null) {
    return {
      since: from === null ? '' : new Date(from).toISOString(),
      until: to === null ? '' : new Date(to).toISOString(),
      live: to === null || to > now,
      choice: '',
    };
  }
  const asked = query['range'] ?? rangeDefault;
  if (asked === 'all') return { since: '', until: '', live: true, choice: 'all' };
  const span = parseRange(asked) ?? parseRange(rangeDefault) ?? 0;
  const choice = parseRange(asked) === null ? rangeDefault : asked;
  return { since: new Date(now - span).toISOString(), until: '', live: true, choice };
}
