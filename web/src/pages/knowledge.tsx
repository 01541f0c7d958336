// What is known about causes: the catalogue's entries and the operator's own documents, searched together.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import type { KnowledgeEntry } from '../contract';
import { pick, text } from '../i18n';
import { Empty, Failure, Skeleton } from '../parts/empty';
import { Markdown } from '../parts/markdown';
import { Untrusted } from '../parts/untrusted';
import { formatTerm } from '../query';
import { useResource } from '../resource';
import { hrefTo, navigate, route, setQuery } from '../router';
import { language } from '../setting';
import { plainSnippet, withoutTitle } from '../snippet';
import { useKeys } from '../use_keys';
import { useRow } from '../use_row';

const searchAfterMs = 250;
const resultsMax = 200;

function SearchLine({ value }: { value: string }) {
  const t = text.value.knowledge;
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useKeys({ filter: () => input.current?.focus() });
  return (
    <div class="filter">
      <div class="filter-line">
        <input
          ref={input}
          type="search"
          value={draft}
          placeholder={t.search}
          aria-label={t.search}
          onInput={(event) => {
            const next = event.currentTarget.value;
            setDraft(next);
            clearTimeout(timer.current);
            timer.current = setTimeout(() => setQuery({ q: next.trim() }), searchAfterMs);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') input.current?.blur();
          }}
        />
        <kbd>/</kbd>
      </div>
    </div>
  );
}

function sourceName(source: string): string {
  const t = text.value.knowledge;
  return source === 'catalogue' || source === 'document' ? t.source[source] : source;
}

function Result({ entry, current, selected }: { entry: KnowledgeEntry; current: boolean; selected: boolean }) {
  return (
    <li data-selected={selected}>
      <a href={hrefTo('knowledge', '', { ...route.value.query, id: entry.id, sel: entry.id })} aria-current={current ? 'true' : undefined}>
        <span class="result-title">
          <Untrusted text={pick(entry.title, entry.title_zh, language.value) || entry.id} max={200} />
        </span>
        <span class="muted code">{entry.code ?? sourceName(entry.source)}</span>
        {entry.snippet && (
          <span class="muted result-snippet clip">
            <Untrusted text={plainSnippet(entry.snippet, entry.title ?? '')} max={240} />
          </span>
        )}
      </a>
    </li>
  );
}

function Entry({ id }: { id: string }) {
  const t = text.value.knowledge;
  const entry = useResource(`entry ${id}`, (signal) => api.knowledgeEntry(id, signal));
  if (entry.error?.status === 404) {
    return (
      <section class="panel">
        <Empty lead={t.missing(id)} />
      </section>
    );
  }
  if (entry.error) return <Failure error={entry.error} retry={entry.reload} />;
  if (!entry.data) return entry.slow ? <Skeleton lines={12} /> : null;
  const { data } = entry;
  const title = pick(data.title, data.title_zh, language.value) || data.id;
  return (
    <section class="panel entry">
      <header>
        <h2>
          <Untrusted text={title} max={300} />
        </h2>
        {data.code && <span class="code muted">{data.code}</span>}
        <span class="label">{sourceName(data.source)}</span>
        <span class="grow" />
        {data.code && <a href={hrefTo('incidents', '', { q: formatTerm('code', data.code) })}>{t.incidentsOf}</a>}
      </header>
      <div class="body">
        {language.value === 'zh' && !data.text_zh && data.text && <p class="muted">{t.onlyOriginal}</p>}
        <Markdown text={withoutTitle(pick(data.text, data.text_zh, language.value), title, data.code ?? '')} />
      </div>
    </section>
  );
}

export function KnowledgePage() {
  const t = text.value;
  const { q = '', id = '' } = route.value.query;
  const results = useResource(`knowledge ${q} ${language.value}`, (signal) => api.knowledge({ q, lang: language.value, limit: resultsMax }, signal));
  const kept = useRef<KnowledgeEntry[]>([]);
  if (results.data) kept.current = results.data.items;
  const items = results.error ? [] : kept.current;
  const selected = useRow(
    items.map((entry) => entry.id),
    (entry) => navigate(hrefTo('knowledge', '', { ...route.value.query, id: entry })),
  );
  return (
    <>
      <div class="page-head">
        <h1>{t.nav.knowledge}</h1>
        <SearchLine value={q} />
      </div>
      {results.error && <Failure error={results.error} retry={results.reload} />}
      <div class={id ? 'knowledge with-entry' : 'knowledge'}>
        <section class="panel results">
          {!results.data && results.slow && items.length === 0 && <Skeleton lines={8} />}
          {results.data?.items.length === 0 && <Empty lead={q ? t.knowledge.nothing(q) : t.knowledge.empty}>{<p>{t.knowledge.emptyHow}</p>}</Empty>}
          <ul>
            {items.map((entry) => (
              <Result key={entry.id} entry={entry} current={entry.id === id} selected={entry.id === selected} />
            ))}
          </ul>
        </section>
        {id && <Entry key={id} id={id} />}
      </div>
    </>
  );
}
