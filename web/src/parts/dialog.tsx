import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  label: string;
  close: () => void;
  class?: string;
  children: ComponentChildren;
}

/** The browser's own modal dialog: it holds the focus, Escape and a click beside it close it. */
export function Dialog({ label, close, class: extra, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  // Before the next key arrives: what is typed right after Ctrl-K belongs to the dialog.
  useLayoutEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${extra ?? ''}`}
      aria-label={label}
      onClose={close}
      onKeyDown={(event) => {
        // The page's keys rest while a dialog is open; Ctrl-K, which opened it, closes it.
        event.stopPropagation();
        if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
          event.preventDefault();
          close();
        }
      }}
      onClick={(event) => {
        if (event.target === element.current) close();
      }}
    >
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
