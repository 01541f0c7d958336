// The selected row of a list: j and k move it, Enter opens it, its id is in the URL.
import { useEffect } from 'preact/hooks';
import { route, setQuery } from './router';
import { useKeys } from './use_keys';

/** The id after moving by `step`; the first or last row when nothing was selected. */
export function moveRow(ids: readonly string[], selected: string, step: 1 | -1): string {
  const at = ids.indexOf(selected);
  if (at < 0) return (step > 0 ? ids[0] : ids.at(-1)) ?? '';
  return ids[Math.min(ids.length - 1, Math.max(0, at + step))] ?? '';
}

export function useRow(ids: readonly string[], open: (id: string) => void): string {
  const selected = route.value.query['sel'] ?? '';
  const move = (step: 1 | -1) => {
    const next = moveRow(ids, selected, step);
    if (next) setQuery({ sel: next });
  };
  useKeys({
    down: () => move(1),
    up: () => move(-1),
    open: () => {
      if (selected) open(selected);
    },
    close: () => setQuery({ sel: null }),
  });
  useEffect(() => {
    if (selected) document.querySelector('[data-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return selected;
}
