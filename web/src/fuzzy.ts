// How well typed letters fit a name: all of them in order, better at the starts of words and side by side. Pure.

const wordStart = /[\s/:.\-_·]/;

/** Null when a letter is missing; otherwise the higher the better. */
export function fuzzyScore(typed: string, name: string): number | null {
  const wanted = typed.toLowerCase().replace(/\s+/g, '');
  const text = name.toLowerCase();
  if (wanted === '') return 0;
  const whole = text.indexOf(typed.toLowerCase().trim());
  if (whole >= 0) return 1_000 - whole - text.length / 100 + (whole === 0 || wordStart.test(text[whole - 1] ?? '') ? 200 : 0);
  let score = 0;
  let from = 0;
  let last = -2;
  for (const letter of wanted) {
    const at = text.indexOf(letter, from);
    if (at < 0) return null;
    score += at === last + 1 ? 8 : at === 0 || wordStart.test(text[at - 1] ?? '') ? 6 : 1;
    last = at;
    from = at + 1;
  }
  return score - text.length / 100;
}
