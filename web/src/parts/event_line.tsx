// One row of the events table. On a narrow screen it is three lines.
import type { EventRow } from '../event_rows';
import { text } from '../i18n';
import { formatCount } from '../number';
import { eventObject } from '../object';
import { hrefTo, route } from '../router';
import { language } from '../setting';
import { SeverityMark } from './mark';
import { ObjectName } from './object_name';
import { Untrusted } from './untrusted';
import { Moment } from './when';

/** Whole width, beside an open record, or on a narrow screen. */
export type LineShape = 'whole' | 'beside' | 'narrow';

export function rowHeightOf(shape: LineShape): number {
  return shape === 'narrow' ? 64 : 26;
}

export function EventHead({ shape }: { shape: LineShape }) {
  const t = text.value;
  const severity = shape === 'whole' ? t.common.severity : '';
  const object = shape === 'whole' ? [t.common.object] : [];
  const names = [t.common.time, severity, t.common.cluster, t.events.reason, t.events.count, ...object, t.events.message];
  return (
    <div class={`event-line event-head shape-${shape}`} role="row" aria-rowindex={1}>
      {names.map((name) => (
        <span key={name} role="columnheader" class={name === t.events.count ? 'number' : undefined}>
          {name || <span class="hidden-text">{t.common.severity}</span>}
        </span>
      ))}
    </div>
  );
}

interface Props {
  row: EventRow;
  index: number;
  selected: boolean;
  shape: LineShape;
}

export function EventLine({ row, index, selected, shape }: Props) {
  const { event, count, revisions } = row;
  const href = hrefTo('events', '', { ...route.value.query, sel: event.id, open: event.id });
  return (
    <div class={`event-line shape-${shape}`} role="row" aria-rowindex={index + 2} data-selected={selected} data-id={event.id}>
      <span role="cell" class="event-time">
        <Moment at={event.timestamp} />
      </span>
      <span role="cell" class="event-severity">
        <SeverityMark severity={event.severity} bare={shape !== 'whole'} />
      </span>
      <span role="cell" class="event-cluster clip">
        {event.cluster_id}
      </span>
      <span role="cell" class="event-reason clip">
        <Untrusted text={event.reason} max={100} />
      </span>
      <span role="cell" class="event-count number" title={revisions > 1 ? text.value.events.revisions(revisions) : undefined}>
        {count > 1 && `×${formatCount(count, language.value)}`}
      </span>
      {shape !== 'beside' && (
        <span role="cell" class="event-object clip">
          <ObjectName object={eventObject(event)} />
        </span>
      )}
      <span role="cell" class="event-message clip">
        <a href={href} tabIndex={selected ? 0 : -1}>
          <Untrusted text={event.message} max={400} />
        </a>
      </span>
    </div>
  );
}
