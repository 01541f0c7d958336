// Which rows of a long list are drawn: those in view and a few beyond, so that a hundred thousand cost as much as fifty.

export interface RowWindow {
  /** Index of the first drawn row. */
  first: number;
  /** Index after the last drawn row. */
  end: number;
  /** Pixels above the first drawn row. */
  offset: number;
  /** Pixels of all rows together. */
  height: number;
}

export function windowOf(scrollTop: number, viewHeight: number, rowHeight: number, count: number, overscan = 12): RowWindow {
  const height = count * rowHeight;
  const top = Math.min(Math.max(0, scrollTop), Math.max(0, height - viewHeight));
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((top + viewHeight) / rowHeight) + overscan);
  return { first, end, offset: first * rowHeight, height };
}

/** Where to scroll so that a row can be seen, moving as little as possible. */
export function scrollToRow(index: number, scrollTop: number, viewHeight: number, rowHeight: number): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + viewHeight) return top + rowHeight - viewHeight;
  return scrollTop;
}
