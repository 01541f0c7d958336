// How often each value of a filter key occurs among loaded items: the completion's vocabulary.
import type { Schema } from './query';

const itemsMax = 2_000;

export function tally<T>(schema: Schema<T>, items: readonly T[]): (key: string) => ReadonlyMap<string, number> {
  const made = new Map<string, ReadonlyMap<string, number>>();
  return (key) => {
    const old = made.get(key);
    if (old) return old;
    const counts = new Map<string, number>();
    const spec = schema.keys.find((entry) => entry.key === key);
    if (spec) {
      for (const item of items.slice(0, itemsMax)) {
        for (const value of new Set(spec.of(item))) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
      }
    }
    made.set(key, counts);
    return counts;
  };
}
