// What happened in which order: events, changes and our own steps on one line of time.
import { useState } from 'preact/hooks';
import type { TimelineEntry } from '../contract';
import { pick, text } from '../i18n';
import { eventsOfIncident } from '../link_to';
import { formatCount } from '../number';
import { language } from '../setting';
import { formatFull, formatLatency, formatMoment, parseTime } from '../time';
import { now } from '../clock';
import { timelineRows, type TimelineRow } from '../timeline';
import { SeverityMark } from './mark';
import { ObjectName } from './object_name';
import { Untrusted } from './untrusted';
import { Moment } from './when';

type Kind = TimelineEntry['kind'];
const kinds: readonly Kind[] = ['event', 'change', 'step'];

function KindMark({ entry }: { entry: TimelineEntry }) {
  if (entry.kind === 'event') return <SeverityMark severity={entry.severity} bare />;
  const path = entry.kind === 'change' ? 'M6 11V2M2.5 5.5 6 2l3.5 3.5' : 'M1.5 6h9M7 2.5 10.5 6 7 9.5';
  return (
    <span class={`severity ${entry.kind === 'change' ? 'tone-medium' : 'tone-info'}`} title={text.value.incident.timelineKind[entry.kind]}>
      <svg class="mark" viewBox="0 0 12 12" aria-hidden="true">
        <path d={path} fill="none" stroke="currentColor" stroke-width="1.6" />
      </svg>
      <span class="hidden-text">{text.value.incident.timelineKind[entry.kind]}</span>
    </span>
  );
}

interface EntryProps {
  row: TimelineRow;
  opened: number | null;
  incident: string;
  /** There were more events than the timeline holds. */
  partial: boolean;
}

function Entry({ row, opened, incident, partial }: EntryProps) {
  const { entry, times, last } = row;
  const at = parseTime(entry.at);
  const chosen = language.value;
  const told = <Untrusted text={pick(entry.text, entry.text_zh, chosen)} max={600} />;
  return (
    <li class={`timeline-entry kind-${entry.kind}`}>
      <time dateTime={entry.at} title={at === null ? undefined : formatFull(at, chosen)}>
        {at === null ? text.value.common.unknownTime : formatMoment(at, now.value, chosen)}
      </time>
      <span class="timeline-offset muted number">
        {at !== null && opened !== null && `${at < opened ? '−' : '+'}${formatLatency(Math.abs(at - opened), chosen)}`}
      </span>
      <KindMark entry={entry} />
      <span class="timeline-text">
        {entry.object && (
          <>
            <ObjectName object={entry.object} />{' '}
          </>
        )}
        {entry.ref ? <a href={eventsOfIncident(incident, entry.ref)}>{told}</a> : told}
        {times > 1 && (
          <span class="muted timeline-again">
            {' '}
            ×{times}
            {partial && '+'} {text.value.incident.until} <Moment at={last} />
          </span>
        )}
      </span>
    </li>
  );
}

interface Props {
  entries: readonly TimelineEntry[];
  openedAt: string;
  incident: string;
  /** How often its events were seen; the timeline holds no more than some of them. */
  occurrences: number;
}

export function Timeline({ entries, openedAt, incident, occurrences }: Props) {
  const t = text.value.incident;
  const [hidden, setHidden] = useState<ReadonlySet<Kind>>(new Set());
  const rows = timelineRows(entries);
  const events = entries.filter((entry) => entry.kind === 'event').length;
  const partial = occurrences > events;
  const countOf = (kind: Kind) =>
    kind === 'event' && partial
      ? t.ofOccurrences(formatCount(events, language.value), formatCount(occurrences, language.value))
      : entries.filter((entry) => entry.kind === kind).length;
  const toggle = (kind: Kind) => {
    const next = new Set(hidden);
    if (!next.delete(kind)) next.add(kind);
    setHidden(next);
  };
  return (
    <section class="panel">
      <header>
        <h2>{t.timeline}</h2>
        <span class="grow" />
        <div class="choices" role="group" aria-label={t.timeline}>
          {kinds.map((kind) => (
            <button
              key={kind}
              type="button"
              aria-pressed={!hidden.has(kind)}
              title={kind === 'event' && partial ? t.ofOccurrencesMeaning : undefined}
              onClick={() => toggle(kind)}
            >
              {t.timelineKinds[kind]} {countOf(kind)}
            </button>
          ))}
        </div>
      </header>
      {rows.length === 0 ? (
        <p class="body muted">{t.noTimeline}</p>
      ) : (
        <ol class="timeline">
          {rows
            .filter((row) => !hidden.has(row.entry.kind))
            .map((row, i) => (
              <Entry key={`${i} ${row.entry.at}`} row={row} opened={parseTime(openedAt)} incident={incident} partial={partial} />
            ))}
        </ol>
      )}
    </section>
  );
}
