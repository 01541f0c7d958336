// What is wrong, one line each, grouped by root cause.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import type { Incident } from '../contract';
import { byUrgency } from '../fleet';
import { asGrouping, groupIncidents, groupings, type Grouping, type IncidentGroup } from '../grouping';
import { text, type Dictionary } from '../i18n';
import { incidentSchema } from '../incident_filter';
import { Choices } from '../parts/choices';
import { Empty, Failure, Skeleton } from '../parts/empty';
import { FilterBar } from '../parts/filter_bar';
import { IncidentLine } from '../parts/incident_line';
import { Untrusted } from '../parts/untrusted';
import { matches, parseFilter, requestOf } from '../query';
import { useResource } from '../resource';
import { hrefTo, navigate, route, setQuery } from '../router';
import { clusters, incidents as shared, load, loadStore } from '../store';
import { listen } from '../stream';
import { tally } from '../tally';
import { useKeys } from '../use_keys';
import { useRow } from '../use_row';

const groupLabel: Record<Grouping, (t: Dictionary) => string> = {
  root: (t) => t.incidents.groupRoot,
  cluster: (t) => t.incidents.groupCluster,
  family: (t) => t.incidents.groupFamily,
  none: (t) => t.incidents.groupNone,
};

function EmptyList({ filtered }: { filtered: boolean }) {
  const t = text.value.incidents;
  if (filtered) {
    return (
      <Empty lead={t.emptyFilter}>
        <p>{t.emptyFilterHow}</p>
        <button class="button" type="button" onClick={() => setQuery({ q: null })}>
          {t.clearFilter}
        </button>
      </Empty>
    );
  }
  const online = [...clusters.value.values()].filter((cluster) => cluster.state === 'online' || cluster.state === 'degraded').length;
  return (
    <Empty lead={t.emptyTitle}>
      <p>{online > 0 ? t.emptyHow(online) : t.emptyNoCluster}</p>
    </Empty>
  );
}

function GroupHead({ group, grouping }: { group: IncidentGroup; grouping: Grouping }) {
  const t = text.value.incidents;
  if (grouping === 'none' || (grouping === 'root' && group.incidents.length < 2)) return null;
  const first = group.incidents[0];
  return (
    <div class="incident-group">
      {grouping === 'root' ? <span class="code">{first?.code}</span> : <Untrusted text={group.key || text.value.common.none} max={120} />}
      <span class="muted">{grouping === 'root' ? t.sameCause(group.incidents.length) : t.count(group.incidents.length)}</span>
    </div>
  );
}

interface SectionProps {
  title: string;
  items: readonly Incident[];
  grouping: Grouping;
  selected: string;
  /** The bar of what waits; it stands in the heading, where it moves no row. */
  fresh: ComponentChildren;
}

function Section({ title, items, grouping, selected, fresh }: SectionProps) {
  if (items.length === 0) return null;
  return (
    <section class="panel">
      <header>
        <h2>{title}</h2>
        <span class="muted">{items.length}</span>
        <span class="grow" />
        {fresh}
      </header>
      {groupIncidents(items, grouping).map((group) => (
        <div key={group.key}>
          <GroupHead group={group} grouping={grouping} />
          <ul class="incident-list">
            {group.incidents.map((incident) => (
              <IncidentLine key={incident.id} incident={incident} selected={incident.id === selected} />
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

/** The store's list, or the server's answer where the filter asks for more than the store holds. */
function useIncidents(params: Record<string, string>) {
  const needsServer = params['state'] !== undefined;
  const key = needsServer ? JSON.stringify(params) : null;
  const asked = useResource<Incident[]>(key, (signal) => api.incidents(params, signal));
  useEffect(() => {
    if (key) return listen('reset', asked.reload);
    return undefined;
  }, [key]);
  if (!needsServer) {
    return { items: load.value.at === null ? null : [...shared.value.values()], error: load.value.at === null ? load.value.error : null, retry: () => void loadStore() };
  }
  const items = asked.data?.map((incident) => shared.value.get(incident.id) ?? incident) ?? null;
  return { items, error: asked.error, retry: asked.reload };
}

/** Incidents that open while somebody reads wait behind a bar; those already listed change in place. */
function useHeldBack(items: readonly Incident[] | null, view: string) {
  const [known, setKnown] = useState<{ view: string; ids: ReadonlySet<string> } | null>(null);
  useEffect(() => {
    if (items && known?.view !== view) setKnown({ view, ids: new Set(items.map((incident) => incident.id)) });
  });
  if (!items || known?.view !== view) return { visible: items ?? [], held: 0, release: () => {} };
  const visible = items.filter((incident) => known.ids.has(incident.id));
  const release = () => setKnown({ view, ids: new Set(items.map((incident) => incident.id)) });
  return { visible, held: items.length - visible.length, release };
}

export function IncidentsPage() {
  const t = text.value;
  const { q = '', group } = route.value.query;
  const grouping = asGrouping(group);
  const filter = useMemo(() => parseFilter(incidentSchema, q), [q]);
  const { params } = useMemo(() => requestOf(incidentSchema, filter), [filter]);
  const source = useIncidents(params);
  const matching = source.items?.filter((incident) => matches(incidentSchema, filter.terms, incident)) ?? null;
  const { visible, held, release } = useHeldBack(matching, q);

  const sorted = [...visible].sort(byUrgency);
  const open = sorted.filter((incident) => incident.state === 'open');
  const closed = sorted.filter((incident) => incident.state !== 'open');
  const ids = useRef<string[]>([]);
  ids.current = [open, closed].flatMap((part) => groupIncidents(part, grouping).flatMap((entry) => entry.incidents.map((i) => i.id)));
  const selected = useRow(ids.current, (id) => navigate(hrefTo('incident', id)));
  useKeys({ fresh: release });

  const fresh = held > 0 && (
    <button class="fresh" type="button" onClick={release}>
      {t.incidents.fresh(held)} <kbd>n</kbd>
    </button>
  );
  return (
    <>
      <div class="page-head">
        <h1>{t.incidents.title}</h1>
        <FilterBar
          schema={incidentSchema}
          value={q}
          change={(next) => setQuery({ q: next, sel: null })}
          placeholder={t.incidents.filter}
          problems={filter.problems}
          local={[]}
          seen={tally(incidentSchema, source.items ?? [])}
        />
        <Choices
          label={t.common.groupBy}
          value={grouping}
          choices={groupings.map((value) => ({ value, label: groupLabel[value](t) }))}
          choose={(value) => setQuery({ group: value === 'root' ? null : value })}
        />
      </div>
      {source.error && <Failure error={source.error} retry={source.retry} />}
      {!source.items && !source.error && <Skeleton lines={10} />}
      {held > 0 && sorted.length === 0 && <div>{fresh}</div>}
      <Section title={t.incidents.open} items={open} grouping={grouping} selected={selected} fresh={fresh} />
      <Section title={t.incidents.closed} items={closed} grouping={grouping} selected={selected} fresh={open.length === 0 && fresh} />
      {source.items && sorted.length === 0 && held === 0 && (
        <section class="panel">
          <EmptyList filtered={q !== ''} />
        </section>
      )}
    </>
  );
}
