// One event in full: what it says, its facts, its raw record, and what else happened to the same object.
import type { ComponentChildren } from 'preact';
import { api } from '../api';
import type { ClusterEvent } from '../contract';
import { EventRows } from '../event_rows';
import { text } from '../i18n';
import { formatCount } from '../number';
import { eventObject } from '../object';
import { useResource } from '../resource';
import { hrefTo, route } from '../router';
import { language } from '../setting';
import { CopyButton } from './copy_button';
import { Failure, Skeleton } from './empty';
import { JsonView } from './json_view';
import { SeverityMark } from './mark';
import { ObjectName } from './object_name';
import { Untrusted } from './untrusted';
import { Moment } from './when';

interface Props {
  id: string;
  /** The event as the list has it; null when it is not among the loaded ones. */
  known: ClusterEvent | null;
  /** Adds a term to the filter. */
  narrow: (key: string, value: string, negative: boolean) => void;
  close: () => void;
}

interface FactProps {
  name: string;
  /** Filter key and value, where the fact can narrow the list. */
  term?: [key: string, value: string | null | undefined];
  narrow?: Props['narrow'];
  children: ComponentChildren;
}

function Fact({ name, term, narrow, children }: FactProps) {
  const t = text.value.events;
  const value = term?.[1];
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>
        {children}
        {term && value && narrow && (
          <span class="fact-tools">
            <button class="button quiet small" type="button" title={t.only} aria-label={`${t.only}: ${name}`} onClick={() => narrow(term[0], value, false)}>
              +
            </button>
            <button class="button quiet small" type="button" title={t.without} aria-label={`${t.without}: ${name}`} onClick={() => narrow(term[0], value, true)}>
              −
            </button>
          </span>
        )}
      </dd>
    </div>
  );
}

function Facts({ event, narrow }: { event: ClusterEvent; narrow: Props['narrow'] }) {
  const t = text.value;
  const object = event.involved;
  return (
    <dl class="facts">
      <Fact name={t.common.severity} term={['severity', event.severity]} narrow={narrow}>
        <SeverityMark severity={event.severity} />
      </Fact>
      <Fact name={t.common.cluster} term={['cluster', event.cluster_id]} narrow={narrow}>
        <a href={hrefTo('cluster', event.cluster_id)}>{event.cluster_id}</a>
      </Fact>
      {object && (
        <Fact name={t.common.object} term={['name', object.name]} narrow={narrow}>
          <ObjectName object={eventObject(event)} />
        </Fact>
      )}
      {object?.namespace && (
        <Fact name={t.common.namespace} term={['ns', object.namespace]} narrow={narrow}>
          <Untrusted text={object.namespace} max={300} />
        </Fact>
      )}
      {event.owner && (
        <Fact name={t.events.owner}>
          <Untrusted text={`${event.owner.kind} ${event.owner.name}`} max={300} />
        </Fact>
      )}
      {event.node && (
        <Fact name={t.events.node} term={['node', event.node]} narrow={narrow}>
          <Untrusted text={event.node} max={300} />
        </Fact>
      )}
      <Fact name={t.events.count}>{formatCount(event.count ?? event.delta ?? null, language.value)}</Fact>
      <Fact name={t.events.happened}>
        <Moment at={event.first_seen ?? event.timestamp} /> – <Moment at={event.last_seen ?? event.timestamp} />
      </Fact>
      <Fact name={t.events.stored}>
        <Moment at={event.stored_at} />
      </Fact>
      {(event.component || event.source) && (
        <Fact name={t.events.component} term={['component', event.component ?? event.source]} narrow={narrow}>
          <Untrusted text={event.component ?? event.source} max={300} />
        </Fact>
      )}
      {event.incident_id && (
        <Fact name={t.events.incident}>
          <a href={hrefTo('incident', event.incident_id)}>{event.incident_id}</a>
        </Fact>
      )}
    </dl>
  );
}

const neighboursMax = 50;

function Neighbours({ event }: { event: ClusterEvent }) {
  const t = text.value.events;
  const object = event.involved;
  const key = object ? `${event.cluster_id} ${eventObject(event)}` : null;
  const near = useResource(key, async (signal) => {
    const params = { cluster_id: event.cluster_id, kind: object?.kind, namespace: object?.namespace, name: object?.name, limit: 200 };
    const rows = new EventRows(true, () => true);
    rows.append((await api.events(params, signal)).items);
    return rows.rows.slice(0, neighboursMax);
  });
  if (near.error) return <Failure error={near.error} retry={near.reload} />;
  if (!near.data) return near.slow ? <Skeleton lines={3} /> : null;
  return (
    <section>
      <h3>{t.neighbours}</h3>
      <ul class="neighbours">
        {near.data.map((row) => (
          <li key={row.event.id}>
            <a href={hrefTo('events', '', { ...route.value.query, open: row.event.id, sel: row.event.id })} aria-current={row.event.id === event.id ? 'true' : undefined}>
              <span class="muted">
                <Moment at={row.event.timestamp} />
              </span>
              <SeverityMark severity={row.event.severity} bare />
              <span class="clip">
                <Untrusted text={row.event.reason} max={100} /> {row.count > 1 && <span class="muted">×{row.count}</span>}{' '}
                <span class="muted">
                  <Untrusted text={row.event.message} max={200} />
                </span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Raw({ event }: { event: ClusterEvent }) {
  const t = text.value.events;
  const { raw_data: raw, ...record } = event;
  return (
    <section>
      <div class="drawer-section">
        <h3>{t.raw}</h3>
        <CopyButton value={JSON.stringify(raw ?? record, null, 2)} />
      </div>
      {raw == null && <p class="muted">{t.noRaw}</p>}
      <JsonView value={raw ?? record} />
    </section>
  );
}

export function EventDrawer({ id, known, narrow, close }: Props) {
  const t = text.value;
  const full = useResource(`event ${id}`, (signal) => api.event(id, signal));
  const event = full.data ?? known;
  return (
    <aside class="drawer panel" aria-label={t.events.one}>
      <header>
        <h2 class="clip">
          <Untrusted text={event?.reason ?? id} max={120} />
        </h2>
        <span class="grow" />
        <button class="button quiet small" type="button" onClick={close}>
          {t.common.close} <kbd>Esc</kbd>
        </button>
      </header>
      <div class="drawer-body" tabIndex={0} role="group" aria-label={t.events.one}>
        {full.error && <Failure error={full.error} retry={full.reload} />}
        {!event && full.slow && <Skeleton lines={10} />}
        {event && (
          <>
            <blockquote class="code scrolls" tabIndex={0}>
              <Untrusted text={event.message} />
            </blockquote>
            <Facts event={event} narrow={narrow} />
            <Neighbours event={event} />
            {full.data && <Raw event={full.data} />}
          </>
        )}
      </div>
    </aside>
  );
}
