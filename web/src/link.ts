// The state of the live stream's connection and what follows from each fact. Pure: time and chance are arguments.

export interface Link {
  state: 'connecting' | 'live' | 'lost';
  /** When the present state began. */
  since: number;
  /** When the next attempt is due; only in `lost`. */
  retryAt: number;
  /** Attempts that failed since the stream was last steady. */
  failures: number;
}

export type LinkFact = { kind: 'attempt' } | { kind: 'opened' } | { kind: 'closed'; chance: number } | { kind: 'rested' };

const firstDelay = 1_000;
const longestDelay = 30_000;

/** A stream that lived this long was steady: the next loss starts the delays afresh. */
const steadyAfter = 10_000;

/** The gateway comments each 15 s; silence of this length is a dead connection. */
export const silenceMax = 40_000;

export function retryDelay(failures: number, chance: number): number {
  const full = Math.min(longestDelay, firstDelay * 2 ** Math.min(failures, 10));
  return Math.round(full / 2 + (full / 2) * chance);
}

export function firstLink(now: number): Link {
  return { state: 'connecting', since: now, retryAt: 0, failures: 0 };
}

export function nextLink(link: Link, fact: LinkFact, now: number): Link {
  switch (fact.kind) {
    case 'attempt':
      // A lost stream stays lost, and its banner in place, until an attempt has succeeded.
      return link.state === 'lost' ? { ...link, retryAt: 0 } : { ...link, state: 'connecting' };
    case 'opened':
      return { state: 'live', since: now, retryAt: 0, failures: link.failures };
    case 'rested':
      // Given back while nobody looked: not a loss, and no banner when somebody looks again.
      return link.state === 'lost' ? link : { state: 'connecting', since: now, retryAt: 0, failures: 0 };
    case 'closed': {
      const steady = link.state === 'live' && now - link.since >= steadyAfter;
      const failures = steady ? 0 : link.failures;
      const since = link.state === 'lost' ? link.since : now;
      return { state: 'lost', since, retryAt: now + retryDelay(failures, fact.chance), failures: failures + 1 };
    }
  }
}
