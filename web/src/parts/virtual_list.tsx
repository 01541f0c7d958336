// A table whose rows are drawn only where somebody looks. All rows have one height.
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { scrollToRow, windowOf } from '../window';

interface Props {
  label: string;
  count: number;
  rowHeight: number;
  /** Draws the row at an index. */
  row: (index: number) => ComponentChildren;
  head: ComponentChildren;
  /** Below the last row. */
  foot: ComponentChildren;
  /** Row to keep in view, -1 for none. */
  selected: number;
  /** Called while the last rows are near. `asked` is true when somebody scrolled there. */
  nearEnd: (asked: boolean) => void;
  onTop?: (atTop: boolean) => void;
  scroller: RefObject<HTMLDivElement | null>;
}

const nearEndRows = 60;

export function VirtualList({ label, count, rowHeight, row, head, foot, selected, nearEnd, onTop, scroller }: Props) {
  const [top, setTop] = useState(0);
  const [view, setView] = useState(600);
  const frame = useRef(0);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setView(element.clientHeight));
    observer.observe(element);
    setView(element.clientHeight);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = scroller.current;
    if (!element || selected < 0) return;
    const next = scrollToRow(selected, element.scrollTop, element.clientHeight - rowHeight * 2, rowHeight);
    if (next !== element.scrollTop) element.scrollTop = next;
  }, [selected, rowHeight]);

  const shown = windowOf(top, view, rowHeight, count);
  useEffect(() => {
    if (shown.end >= count - nearEndRows) nearEnd(false);
  });

  const onScroll = () => {
    if (frame.current) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      const element = scroller.current;
      if (!element) return;
      setTop(element.scrollTop);
      onTop?.(element.scrollTop < rowHeight);
      if (element.scrollTop + element.clientHeight > (count - nearEndRows) * rowHeight) nearEnd(true);
    });
  };

  const rows = [];
  for (let index = shown.first; index < shown.end; index += 1) rows.push(row(index));
  return (
    <div class="virtual" ref={scroller} onScroll={onScroll} tabIndex={0} role="table" aria-label={label} aria-rowcount={count + 1}>
      <div class="virtual-head" role="rowgroup">
        {head}
      </div>
      <div class="virtual-space" role="rowgroup" style={{ height: `${shown.height}px` }}>
        <div class="virtual-rows" role="presentation" style={{ transform: `translateY(${shown.offset}px)` }}>
          {rows}
        </div>
      </div>
      <div class="virtual-foot" role="presentation">
        {foot}
      </div>
    </div>
  );
}
