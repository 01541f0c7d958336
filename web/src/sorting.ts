// The order of a table that is alive: sorted when somebody asks, kept while values change. Pure.

export interface Sort {
  column: string;
  descending: boolean;
}

/** `-nodes` in the URL is by nodes, the largest first. */
export function parseSort(text: string | undefined, columns: readonly string[], first: string): Sort {
  const wanted = text || first;
  const descending = wanted.startsWith('-');
  const column = descending ? wanted.slice(1) : wanted;
  return columns.includes(column) ? { column, descending } : parseSort(first, [first.replace(/^-/, '')], first);
}

export function formatSort(sort: Sort): string {
  return (sort.descending ? '-' : '') + sort.column;
}

export type SortValue = string | number | null | undefined;

/** What is absent comes last, whichever the direction; equal values keep the order of their ids. */
export function sortBy<T>(items: readonly T[], value: (item: T) => SortValue, id: (item: T) => string, descending: boolean): T[] {
  const sign = descending ? -1 : 1;
  return [...items].sort((a, b) => {
    const x = value(a);
    const y = value(b);
    if (x == null || y == null) return Number(x == null) - Number(y == null) || id(a).localeCompare(id(b));
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
    return order * sign || id(a).localeCompare(id(b), undefined, { numeric: true });
  });
}

/** Items in a remembered order: those that left are gone, those that are new stand at the end. */
export function inOrder<T>(items: readonly T[], order: readonly string[], id: (item: T) => string): T[] {
  const left = new Map(items.map((item) => [id(item), item]));
  const kept: T[] = [];
  for (const key of order) {
    const item = left.get(key);
    if (item === undefined) continue;
    kept.push(item);
    left.delete(key);
  }
  return [...kept, ...left.values()];
}
