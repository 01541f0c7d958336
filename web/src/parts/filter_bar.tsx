// The filter line with completion. What was accepted is in the URL (`q`); what is being typed is not yet.
import { useEffect, useRef, useState } from 'preact/hooks';
import { text } from '../i18n';
import { complete, type Completion, type Problem, type Schema, type Term } from '../query';
import { useKeys } from '../use_keys';
import { Untrusted } from './untrusted';

interface Props<T> {
  schema: Schema<T>;
  value: string;
  change: (value: string) => void;
  placeholder: string;
  problems: readonly Problem[];
  /** Terms that the server did not apply. */
  local: readonly Term[];
  /** Values seen in the loaded items, with how often, for completion. */
  seen: (key: string) => ReadonlyMap<string, number>;
}

const applyAfterMs = 350;

function ProblemNote({ problem }: { problem: Problem }) {
  const t = text.value.filter;
  switch (problem.kind) {
    case 'unknown-key':
      return (
        <span class="wrong">
          {t.unknownKey(problem.text)} {problem.hint && t.meant(problem.hint)}
        </span>
      );
    case 'open-quote':
      return <span class="wrong">{t.openQuote}</span>;
    case 'empty-value':
      return <span class="wrong">{t.emptyValue(problem.text)}</span>;
  }
}

export function FilterBar<T>({ schema, value, change, placeholder, problems, local, seen }: Props<T>) {
  const t = text.value.filter;
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState(value);
  const [caret, setCaret] = useState<number | null>(null);
  const [chosen, setChosen] = useState(-1);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const sent = useRef(value);

  // What comes back of our own must not undo what has been typed since.
  useEffect(() => {
    if (value !== sent.current) setDraft(value);
    sent.current = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useKeys({
    filter: () => {
      input.current?.focus();
      input.current?.select();
    },
  });

  const send = (next: string) => {
    clearTimeout(timer.current);
    sent.current = next.trim();
    change(sent.current);
  };

  const offer: Completion = caret === null ? { from: 0, to: 0, items: [] } : complete(schema, draft, caret, seen);

  const type = (next: string, at: number) => {
    setDraft(next);
    setCaret(at);
    setChosen(-1);
    clearTimeout(timer.current);
    // The beginning of a key is no word to search for while its completions are open.
    const { from, to, items } = complete(schema, next, at, seen);
    const isKey = to > from && items.some((item) => item.insert.endsWith(':'));
    if (!isKey) timer.current = setTimeout(() => send(next), applyAfterMs);
  };
  const apply = () => {
    setCaret(null);
    send(draft);
  };
  const accept = (index: number) => {
    const item = offer.items[index];
    if (!item) return;
    const next = draft.slice(0, offer.from) + item.insert + draft.slice(offer.to).trimStart();
    const at = offer.from + item.insert.length;
    type(next, at);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(at, at);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const count = offer.items.length;
    if (event.key === 'ArrowDown' && count > 0) setChosen((chosen + 1) % count);
    else if (event.key === 'ArrowUp' && count > 0) setChosen((chosen - 1 + count) % count);
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen >= 0) accept(chosen);
    else if (event.key === 'Enter') apply();
    else if (event.key === 'Escape') {
      if (caret !== null && count > 0) setCaret(null);
      else input.current?.blur();
    } else return;
    event.preventDefault();
  };

  return (
    <div class="filter">
      <div class="filter-line">
        <input
          ref={input}
          type="text"
          value={draft}
          placeholder={placeholder}
          aria-label={t.label}
          role="combobox"
          aria-expanded={offer.items.length > 0}
          aria-controls="completions"
          aria-activedescendant={chosen >= 0 ? `completion-${chosen}` : undefined}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          onInput={(event) => type(event.currentTarget.value, event.currentTarget.selectionStart ?? 0)}
          onKeyDown={onKeyDown}
          onFocus={() => {
            // An empty line offers its keys; a written one waits for the next letter.
            if (draft === '') setCaret(0);
          }}
          onBlur={() => setCaret(null)}
        />
        {draft ? (
          <button
            class="button quiet small"
            type="button"
            onClick={() => {
              setDraft('');
              send('');
            }}
          >
            {t.clear}
          </button>
        ) : (
          <kbd>/</kbd>
        )}
      </div>
      {offer.items.length > 0 && (
        <ul class="completions" id="completions" role="listbox" aria-label={t.label}>
          {offer.items.map((item, i) => (
            <li
              key={item.label}
              id={`completion-${i}`}
              role="option"
              aria-selected={i === chosen}
              onMouseDown={(event) => {
                event.preventDefault();
                accept(i);
              }}
            >
              <span class="clip">
                <Untrusted text={item.label} max={120} />
              </span>
              <span class="muted">{item.detail}</span>
            </li>
          ))}
        </ul>
      )}
      {(problems.length > 0 || local.length > 0) && (
        <div class="filter-notes">
          {problems.map((problem) => (
            <ProblemNote key={problem.kind + problem.text} problem={problem} />
          ))}
          {local.length > 0 && <span>{t.local(local.map((term) => value.slice(term.start, term.end)).join(' '))}</span>}
        </div>
      )}
    </div>
  );
}
