// A table whose order stays while its values live: it is sorted when a heading is pressed, not when a number changes.
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { route, setQuery } from '../router';
import { formatSort, inOrder, parseSort, sortBy, type SortValue } from '../sorting';

export interface Column<T> {
  key: string;
  label: string;
  cell: (item: T) => ComponentChildren;
  /** Left out where an order makes no sense. */
  sort?: (item: T) => SortValue;
  number?: boolean;
  /** Left out on a narrow screen. */
  extra?: boolean;
  wrap?: boolean;
}

interface Props<T> {
  label: string;
  columns: readonly Column<T>[];
  items: readonly T[];
  id: (item: T) => string;
  /** Name of the query parameter that holds the order. */
  param: string;
  /** Order without that parameter. */
  first: string;
  selected?: string;
  /** On a narrow screen a row becomes a card, for rows whose every column matters. */
  cards?: boolean;
  /** Told the ids in the order shown. */
  onOrder?: (ids: string[]) => void;
}

export function Table<T>({ label, columns, items, id, param, first, selected, cards, onOrder }: Props<T>) {
  const sortable = columns.filter((column) => column.sort).map((column) => column.key);
  const sort = parseSort(route.value.query[param], sortable, first);
  const name = formatSort(sort);
  const kept = useRef<{ name: string; order: string[] }>({ name: '', order: [] });
  if (kept.current.name !== name || kept.current.order.length === 0) {
    const value = columns.find((column) => column.key === sort.column)?.sort ?? (() => null);
    kept.current = { name, order: sortBy(items, value, id, sort.descending).map(id) };
  }
  const rows = inOrder(items, kept.current.order, id);
  kept.current.order = rows.map(id);
  onOrder?.(kept.current.order);

  const press = (column: Column<T>) => {
    const descending = sort.column === column.key ? !sort.descending : column.number === true;
    kept.current = { name: '', order: [] };
    setQuery({ [param]: formatSort({ column: column.key, descending }) });
  };
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={label}>
      <table class={cards ? 'table as-cards' : 'table'}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} class={classOf(column)} aria-sort={sort.column === column.key ? (sort.descending ? 'descending' : 'ascending') : undefined}>
                {column.sort ? (
                  <button type="button" onClick={() => press(column)}>
                    {column.label}
                    <span class="sort-mark" aria-hidden="true">
                      {sort.column === column.key ? (sort.descending ? '↓' : '↑') : ''}
                    </span>
                  </button>
                ) : (
                  column.label
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((item) => (
            <tr key={id(item)} data-selected={selected !== undefined && selected === id(item)}>
              {columns.map((column) => (
                <td key={column.key} class={classOf(column)} data-label={column.label}>
                  {column.cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf<T>(column: Column<T>): string | undefined {
  const names = [column.number && 'number', column.extra && 'extra', column.wrap && 'wrap'].filter(Boolean);
  return names.length > 0 ? names.join(' ') : undefined;
}
