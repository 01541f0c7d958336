// What happened here, around that time? All stored events: a filter, a histogram, a table, one record beside it.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import { firstCounted, type Span } from '../brush';
import { currentTime, now } from '../clock';
import type { Histogram } from '../contract';
import { eventSchema } from '../event_filter';
import { ranges, rangeDefault, rangeOf, type EventRange } from '../event_range';
import { text } from '../i18n';
import { formatCount } from '../number';
import { Choices } from '../parts/choices';
import { Empty, Failure, Skeleton } from '../parts/empty';
import { EventDrawer } from '../parts/event_drawer';
import { EventHead, EventLine, rowHeightOf } from '../parts/event_line';
import { FilterBar } from '../parts/filter_bar';
import { HistogramView } from '../parts/histogram';
import { VirtualList } from '../parts/virtual_list';
import { matches, parseFilter, requestOf, withTerm, withoutKey, type Term } from '../query';
import { useResource } from '../resource';
import { route, setQuery } from '../router';
import { language } from '../setting';
import { clusters } from '../store';
import { tally } from '../tally';
import { formatMoment } from '../time';
import { eventsMax, useEvents, type EventsView } from '../use_events';
import { useKeys } from '../use_keys';
import { useNarrow } from '../use_narrow';
import { moveRow } from '../use_row';

const histogramEveryMs = 15_000;
const buckets = 120;

const longestMs = 400 * 24 * 3_600_000;

/** Without a beginning the histogram is asked for from long ago, then from where its counts begin, until they fill it. */
async function wholeHistogram(params: Record<string, string>, signal: AbortSignal): Promise<Histogram> {
  let since = currentTime() - longestMs;
  for (let round = 0; ; round += 1) {
    const found = await api.histogram({ ...params, since: new Date(since).toISOString(), buckets }, signal);
    const first = firstCounted(found);
    if (round === 3 || first === null || first - since < (found.step_ms * buckets) / 4) return found;
    since = first;
  }
}

/** The histogram of what the server can filter; refreshed while the range is live and no pointer rests on it. */
function useHistogram(params: Record<string, string>, range: EventRange, hovered: { current: boolean }) {
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify([params, range.choice || [range.since, range.until]]);
  const last = useRef<{ key: string; data: Histogram } | null>(null);
  const resource = useResource(`${key} ${turn}`, (signal) => {
    const span = rangeOf(route.peek().query, currentTime());
    if (!span.since && !span.until) return wholeHistogram(params, signal);
    return api.histogram({ ...params, since: span.since, until: span.until, buckets }, signal);
  });
  useEffect(() => {
    if (!range.live) return undefined;
    const timer = setInterval(() => {
      if (!hovered.current && !document.hidden) setTurn((old) => old + 1);
    }, histogramEveryMs);
    return () => clearInterval(timer);
  }, [range.live, key]);
  if (resource.data) last.current = { key, data: resource.data };
  return { data: last.current?.key === key ? last.current.data : null, error: resource.error, reload: resource.reload };
}

function RangeChoices({ range }: { range: EventRange }) {
  const t = text.value.events;
  if (range.choice) {
    return (
      <Choices
        label={t.range}
        value={range.choice}
        choices={ranges.map((value) => ({ value, label: t.rangeName[value] }))}
        choose={(value) => setQuery({ range: value === rangeDefault ? null : value, from: null, to: null, sel: null })}
      />
    );
  }
  const show = (at: string) => (at ? formatMoment(Date.parse(at), now.peek(), language.value) : '…');
  return (
    <div class="labelled">
      <span>{t.range}</span>
      <span>
        {show(range.since)} – {show(range.until)}
      </span>
      <button class="button small" type="button" onClick={() => setQuery({ from: null, to: null })}>
        {t.clearRange}
      </button>
    </div>
  );
}

function EmptyEvents({ filtered, range }: { filtered: boolean; range: EventRange }) {
  const t = text.value.events;
  const watched = [...clusters.value.values()].filter((cluster) => cluster.state === 'online' || cluster.state === 'degraded').length;
  return (
    <Empty lead={filtered ? t.emptyFilter : t.emptyRange}>
      <p>{watched > 0 ? t.emptyHow(watched) : t.emptyNoCluster}</p>
      {range.choice !== 'all' && (
        <button class="button" type="button" onClick={() => setQuery({ range: 'all', from: null, to: null })}>
          {t.wholeRange}
        </button>
      )}
    </Empty>
  );
}

function Foot({ view, total, fold }: { view: EventsView; total: number | null; fold: boolean }) {
  const t = text.value.events;
  const chosen = language.value;
  const loaded = formatCount(view.rows.loaded, chosen);
  return (
    <div class="events-foot muted">
      <span>{fold ? t.loadedFolded(loaded, formatCount(view.rows.rows.length, chosen)) : t.loaded(loaded)}</span>
      {total !== null && !view.complete && <span>{t.ofTotal(formatCount(total, chosen))}</span>}
      {view.complete && view.rows.loaded > 0 && <span>{t.complete}</span>}
      {view.rows.loaded >= eventsMax && <span>{t.full(formatCount(eventsMax, chosen))}</span>}
      {view.loading && <span>{text.value.common.loading}</span>}
      {view.paused && view.rows.loaded < eventsMax && (
        <button class="button small" type="button" onClick={() => view.more(true)}>
          {t.searchFurther}
        </button>
      )}
      {view.error && <Failure error={view.error} retry={view.retry} />}
    </div>
  );
}

/** A term as it was typed, for the note that the server did not apply it. */
function typed(q: string, terms: readonly Term[]): string {
  return terms.map((term) => q.slice(term.start, term.end)).join(' ');
}

export function EventsPage() {
  const t = text.value;
  const { query } = route.value;
  const { q = '', sel = '', open = '' } = query;
  const fold = query['fold'] !== 'no';
  const follow = query['follow'] === 'yes';
  const narrow = useNarrow(760);
  const shape = narrow ? 'narrow' : open ? 'beside' : 'whole';
  const rowHeight = rowHeightOf(shape);
  const scroller = useRef<HTMLDivElement>(null);
  const hovered = useRef(false);
  const [atTop, setAtTop] = useState(true);

  const filter = useMemo(() => parseFilter(eventSchema, q), [q]);
  const { params, local } = useMemo(() => requestOf(eventSchema, filter), [filter]);
  const span = `${query['range'] ?? ''} ${query['from'] ?? ''} ${query['to'] ?? ''}`;
  const range = useMemo(() => rangeOf(query, currentTime()), [span]);
  const view = useEvents({
    key: JSON.stringify([filter.terms.map((term) => [term.key, term.value, term.negative]), span, fold]),
    params: { ...params, since: range.since, until: range.until },
    fold,
    accept: (event) => matches(eventSchema, filter.terms, event),
    live: range.live,
  });
  const histogram = useHistogram(params, range, hovered);
  const rows = view.rows.rows;
  const selected = sel ? rows.findIndex((row) => row.event.id === sel) : -1;
  const total = local.length === 0 && histogram.data ? histogram.data.items.reduce((sum, bucket) => sum + bucket.total, 0) : null;

  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [view.rows]);
  useEffect(() => {
    if (follow && atTop && !open && view.fresh.length > 0) view.release();
  });

  const move = (step: 1 | -1) => {
    const next = moveRow(rows.map((row) => row.event.id), sel, step);
    if (next) setQuery(open ? { sel: next, open: next } : { sel: next });
  };
  const release = () => {
    view.release();
    scroller.current?.scrollTo({ top: 0 });
  };
  useKeys({
    down: () => move(1),
    up: () => move(-1),
    open: () => sel && setQuery({ open: sel }, 'push'),
    close: () => setQuery(open ? { open: null } : { sel: null }),
    fresh: release,
  });

  const narrowTo = (key: string, value: string, negative: boolean) => setQuery({ q: withTerm(eventSchema, negative ? q : withoutKey(eventSchema, q, key), key, value, negative) }, 'push');
  const choose = (chosen: Span) => setQuery({ from: new Date(chosen.from).toISOString(), to: new Date(chosen.to).toISOString(), range: null, sel: null }, 'push');
  const waiting = view.rows.loaded === 0 && !view.complete && !view.error;
  const nothing = rows.length === 0 && view.complete;

  return (
    <>
      <div class="page-head">
        <h1 class="hidden-text">{t.nav.events}</h1>
        <FilterBar
          schema={eventSchema}
          value={q}
          change={(next) => setQuery({ q: next, sel: null })}
          placeholder={t.events.filter}
          problems={filter.problems}
          local={local}
          seen={tally(eventSchema, view.rows.events)}
        />
        <RangeChoices range={range} />
        <div class="choices" role="group" aria-label={t.events.display}>
          <button type="button" aria-pressed={fold} title={t.events.foldMeaning} onClick={() => setQuery({ fold: fold ? 'no' : null })}>
            {t.events.fold}
          </button>
          <button type="button" aria-pressed={follow} title={t.events.followMeaning} disabled={!range.live} onClick={() => setQuery({ follow: follow ? null : 'yes' })}>
            {t.events.follow}
          </button>
        </div>
      </div>
      {histogram.data && (
        <HistogramView
          histogram={histogram.data}
          without={typed(q, local)}
          choose={choose}
          onHover={(over) => {
            hovered.current = over;
          }}
        />
      )}
      {!histogram.data && <div class="histogram-place">{histogram.error && <Failure error={histogram.error} retry={histogram.reload} />}</div>}
      <div class={open ? 'events-split with-drawer' : 'events-split'}>
        <section class="panel events-panel">
          {(view.outdated || (view.fresh.length > 0 && !(follow && atTop && !open))) && (
            <button class="fresh floating" type="button" onClick={release}>
              {view.outdated ? t.events.outdated : t.events.fresh(view.fresh.length)} <kbd>n</kbd>
            </button>
          )}
          {nothing && <EmptyEvents filtered={q !== ''} range={range} />}
          {waiting && <SlowSkeleton />}
          {view.error && rows.length === 0 && <Failure error={view.error} retry={view.retry} />}
          {!nothing && !waiting && (
            <VirtualList
              label={t.nav.events}
              count={rows.length}
              rowHeight={rowHeight}
              scroller={scroller}
              selected={selected}
              nearEnd={view.more}
              onTop={setAtTop}
              head={<EventHead shape={shape} />}
              foot={<Foot view={view} total={total} fold={fold} />}
              row={(index) => {
                const row = rows[index];
                return row ? <EventLine key={row.event.id} row={row} index={index} selected={index === selected} shape={shape} /> : null;
              }}
            />
          )}
        </section>
        {open && <EventDrawer key={open} id={open} known={rows.find((row) => row.event.id === open)?.event ?? null} narrow={narrowTo} close={() => setQuery({ open: null })} />}
      </div>
    </>
  );
}

function SlowSkeleton() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return slow ? <Skeleton lines={16} /> : null;
}
