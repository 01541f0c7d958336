// Numbers that look random and are the same in each run.
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    below: (n) => Math.floor(next() * n),
    pick: (items) => items[Math.floor(next() * items.length)],
    between: (low, high) => low + next() * (high - low),
    hex: (digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join(''),
    word: (length) => Array.from({ length }, () => 'bcdfghjklmnpqrstvwxz2456789'[Math.floor(next() * 27)]).join(''),
  };
}

export const iso = (ms) => new Date(ms).toISOString();
export const minutes = (n) => n * 60_000;
