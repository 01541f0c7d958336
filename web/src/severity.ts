// Severity as order, with a place for words that this page does not know yet.
import { severities, type Maybe, type Severity } from './contract';

export type KnownSeverity = Severity | 'unknown';

export function severityOf(word: Maybe<string>): KnownSeverity {
  return (severities as readonly string[]).includes(word ?? '') ? (word as Severity) : 'unknown';
}

/** False for what no item can have; a request with such a word would be refused. */
export function isSeverity(word: string): boolean {
  return (severities as readonly string[]).includes(word);
}

/** 0 is the worst; unknown comes after everything that is known. */
export function severityRank(word: Maybe<string>): number {
  const rank = (severities as readonly string[]).indexOf(word ?? '');
  return rank < 0 ? severities.length : rank;
}

export function worstOf(words: Maybe<string>[]): KnownSeverity | null {
  let worst: Maybe<string> = null;
  for (const word of words) {
    if (word && (worst === null || severityRank(word) < severityRank(worst))) worst = word;
  }
  return worst ? severityOf(worst) : null;
}
