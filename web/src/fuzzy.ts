// How well typed letters fit a name. They fit when each stands right after the one before, or begins a word:
// `paydr` finds pay-dr and `sp` shop-prod, but letters strewn over a sentence find nothing. Pure.

const wordStart = /[\s/:.\-_·]/;
const typedMax = 60;
const nameMax = 400;

function startsWord(text: string, at: number): boolean {
  return at === 0 || wordStart.test(text[at - 1] ?? '');
}

/** The number of word beginnings that are needed from letter `i` on, after the letter at `last`; Infinity when there is no way. */
function jumps(wanted: string, text: string, i: number, last: number, known: Map<number, number>): number {
  if (i === wanted.length) return 0;
  const key = i * (nameMax + 1) + last + 1;
  const old = known.get(key);
  if (old !== undefined) return old;
  let best = Infinity;
  if (i > 0 && text[last + 1] === wanted[i]) best = jumps(wanted, text, i + 1, last + 1, known);
  for (let at = last + 1; at < text.length; at += 1) {
    if (text[at] === wanted[i] && startsWord(text, at)) best = Math.min(best, 1 + jumps(wanted, text, i + 1, at, known));
  }
  known.set(key, best);
  return best;
}

/** Null when it does not fit; otherwise the higher the better. */
export function fuzzyScore(typed: string, name: string): number | null {
  const phrase = typed.toLowerCase().trim().slice(0, typedMax);
  const text = name.toLowerCase().slice(0, nameMax);
  if (phrase === '') return 0;
  const whole = text.indexOf(phrase);
  if (whole >= 0) return 1_000 - whole - text.length / 100 + (startsWord(text, whole) ? 200 : 0);
  const found = jumps(phrase.replace(/\s+/g, ''), text, 0, -1, new Map());
  return found === Infinity ? null : 500 - 20 * found - text.length / 100;
}
