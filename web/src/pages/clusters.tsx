// All clusters in one table: can I believe what I see?
import { useMemo, useRef } from 'preact/hooks';
import { clusterSchema } from '../cluster_filter';
import type { Cluster } from '../contract';
import { troubles, type Trouble } from '../fleet';
import { isHeard } from '../health';
import { text, type Dictionary } from '../i18n';
import { absent, formatCount, formatRate } from '../number';
import { Empty, Failure, Skeleton } from '../parts/empty';
import { FilterBar } from '../parts/filter_bar';
import { SeverityMark, StateMark } from '../parts/mark';
import { Table, type Column } from '../parts/table';
import { Untrusted } from '../parts/untrusted';
import { Age } from '../parts/when';
import { matches, parseFilter } from '../query';
import { hrefTo, navigate, route, setQuery } from '../router';
import { language } from '../setting';
import { clusters, incidents, load, loadStore } from '../store';
import { tally } from '../tally';
import { formatLatency } from '../time';
import { severityRank } from '../severity';
import { useRow } from '../use_row';

const stateOrder = ['refused', 'offline', 'degraded', 'pending', 'online'];

/** The worst first: not online, then open incidents by severity. */
function troubleRank(cluster: Cluster, trouble: Trouble | undefined): number {
  const state = stateOrder.indexOf(cluster.state);
  return (cluster.state === 'online' ? 100 : 0) + (trouble ? severityRank(trouble.worst) * 10 : 60) + state;
}

function latency(ms: number | null | undefined): string {
  return ms == null ? absent : formatLatency(ms, language.value);
}

function columnsOf(t: Dictionary, trouble: ReadonlyMap<string, Trouble>): Column<Cluster>[] {
  const count = (value: number | null | undefined) => formatCount(value, language.value);
  return [
    { key: 'state', label: t.clusters.state, sort: (c) => troubleRank(c, trouble.get(c.cluster_id)), cell: (c) => <StateMark state={c.state} /> },
    {
      key: 'name',
      label: t.common.cluster,
      sort: (c) => c.cluster_id,
      cell: (c) => (
        <a href={hrefTo('cluster', c.cluster_id)}>
          <Untrusted text={c.cluster_name || c.cluster_id} max={80} />
        </a>
      ),
    },
    {
      key: 'incidents',
      label: t.nav.incidents,
      number: true,
      sort: (c) => trouble.get(c.cluster_id)?.count ?? 0,
      cell: (c) => {
        const found = trouble.get(c.cluster_id);
        return found ? (
          <a class="cell-link" href={hrefTo('incidents', '', { q: `cluster:${c.cluster_id}` })}>
            <SeverityMark severity={found.worst} bare /> {found.count}
          </a>
        ) : (
          <span class="muted">0</span>
        );
      },
    },
    { key: 'health', label: t.clusters.health, sort: (c) => c.health, cell: (c) => <span class={isHeard(c) ? undefined : 'muted'}>{c.health ? t.health[c.health] : absent}</span> },
    { key: 'nodes', label: t.clusters.nodes, number: true, sort: (c) => c.nodes, cell: (c) => count(c.nodes) },
    { key: 'rate', label: t.clusters.rate, number: true, sort: (c) => c.events_per_second, cell: (c) => formatRate(c.events_per_second, language.value) },
    { key: 'watch', label: t.clusters.watchAge, number: true, sort: (c) => c.watch_age_ms, cell: (c) => latency(c.watch_age_ms) },
    { key: 'spool', label: t.clusters.spool, number: true, sort: (c) => c.spool?.records, cell: (c) => count(c.spool?.records) },
    { key: 'clock', label: t.clusters.clock, number: true, extra: true, sort: (c) => (c.clock_offset_ms == null ? null : Math.abs(c.clock_offset_ms)), cell: (c) => latency(c.clock_offset_ms) },
    {
      key: 'gaps',
      label: t.nav.gaps,
      number: true,
      sort: (c) => c.gaps_total,
      cell: (c) => (c.gaps_total ? <a href={hrefTo('gaps', '', { q: `cluster:${c.cluster_id}` })}>{count(c.gaps_total)}</a> : <span class="muted">{count(c.gaps_total)}</span>),
    },
    { key: 'kubernetes', label: 'Kubernetes', extra: true, sort: (c) => c.kubernetes_version, cell: (c) => c.kubernetes_version ?? absent },
    { key: 'agent', label: t.clusters.agent, extra: true, sort: (c) => c.version, cell: (c) => c.version ?? absent },
    { key: 'seen', label: t.clusters.lastSeen, number: true, sort: (c) => c.last_seen, cell: (c) => <Age at={c.last_seen} /> },
    { key: 'why', label: t.clusters.reason, wrap: true, extra: true, cell: (c) => <Untrusted text={c.state_reason} max={200} /> },
  ];
}

export function ClustersPage() {
  const t = text.value;
  const { q = '' } = route.value.query;
  const filter = useMemo(() => parseFilter(clusterSchema, q), [q]);
  const order = useRef<string[]>([]);
  const selected = useRow(order.current, (id) => navigate(hrefTo('cluster', id)));
  if (load.value.at === null) {
    return load.value.error ? <Failure error={load.value.error} retry={() => void loadStore()} /> : <Skeleton lines={12} />;
  }
  const all = [...clusters.value.values()];
  const shown = all.filter((cluster) => matches(clusterSchema, filter.terms, cluster));
  return (
    <>
      <div class="page-head">
        <h1>{t.nav.clusters}</h1>
        <FilterBar
          schema={clusterSchema}
          value={q}
          change={(next) => setQuery({ q: next, sel: null })}
          placeholder="state:offline label:region=eu-west shop"
          problems={filter.problems}
          local={[]}
          seen={tally(clusterSchema, all)}
        />
      </div>
      <section class="panel">
        {all.length === 0 && (
          <Empty lead={t.fleet.emptyTitle}>
            <p>{t.fleet.emptyHow}</p>
            <pre class="command">aetherius-agent --kubeconfig FILE --cluster-id NAME --central-endpoint nats://HOST:4222</pre>
          </Empty>
        )}
        {all.length > 0 && shown.length === 0 && (
          <Empty lead={t.clusters.emptyFilter}>
            <button class="button" type="button" onClick={() => setQuery({ q: null })}>
              {t.incidents.clearFilter}
            </button>
          </Empty>
        )}
        {shown.length > 0 && (
          <Table
            key={q}
            label={t.nav.clusters}
            columns={columnsOf(t, troubles([...incidents.value.values()]))}
            items={shown}
            id={(cluster) => cluster.cluster_id}
            param="sort"
            first="state"
            selected={selected}
            onOrder={(ids) => {
              order.current = ids;
            }}
          />
        )}
      </section>
    </>
  );
}
