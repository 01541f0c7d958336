// Is anything wrong, anywhere? One cell a cluster, four figures, and what changed in the last hour.
import { useRef } from 'preact/hooks';
import { now } from '../clock';
import type { Cluster } from '../contract';
import { cellSpan, figuresOf, groupClusters, groupKeys, happenings, troubles, type Figures, type Trouble } from '../fleet';
import { text } from '../i18n';
import { absent, formatCount, formatRate } from '../number';
import { Empty, Failure, Skeleton } from '../parts/empty';
import { Choices } from '../parts/choices';
import { SeverityMark, StateMark } from '../parts/mark';
import { Untrusted } from '../parts/untrusted';
import { HappeningLine } from '../parts/happening';
import { incidentTitle } from '../parts/incident_line';
import { hrefTo, navigate, route, setQuery } from '../router';
import { language } from '../setting';
import { clusters, gaps, incidents, load, loadStore } from '../store';
import { formatDuration, formatLatency, parseTime } from '../time';
import { plainUntrusted } from '../untrusted';
import { useRow } from '../use_row';

const hourMs = 3_600_000;

/** From this many clusters on, cells shrink to a name and its marks. */
const compactFrom = 60;
const denseFrom = 200;

/** A group with more clusters than this takes the whole width. */
const wideFrom = 8;

function density(count: number): string {
  if (count >= denseFrom) return 'dense';
  return count >= compactFrom ? 'compact' : 'roomy';
}

function FigureRow({ figures }: { figures: Figures }) {
  const t = text.value.fleet;
  const chosen = language.value;
  return (
    <ul class="figures">
      <li>
        <a href={hrefTo('incidents')} class={figures.open > 0 ? 'alarm' : undefined}>
          <b>{formatCount(figures.open, chosen)}</b> {t.openIncidents}
        </a>
      </li>
      <li>
        <a href={hrefTo('clusters')} class={figures.notOnline > 0 ? 'alarm' : undefined}>
          <b>{formatCount(figures.notOnline, chosen)}</b> {t.notOnline}
        </a>
      </li>
      <li>
        <a href={hrefTo('events')}>
          <b>{formatRate(figures.perSecond, chosen)}</b> {t.perSecond}
        </a>
      </li>
      <li>
        {figures.oldest ? (
          <a href={hrefTo('cluster', figures.oldest.cluster)}>
            <b>{formatLatency(figures.oldest.ms, chosen)}</b> {t.oldest} <span class="muted">({figures.oldest.cluster})</span>
          </a>
        ) : (
          <span>
            <b>{absent}</b> {t.oldest} <span class="muted">({t.nothingWaiting})</span>
          </span>
        )}
      </li>
    </ul>
  );
}

/** What matters most about a cluster: its worst incident, else that it is not online, else that all is well. */
function CellState({ cluster, trouble }: { cluster: Cluster; trouble: Trouble | undefined }) {
  const t = text.value.fleet;
  if (trouble) return <Untrusted text={incidentTitle(trouble.first)} max={200} />;
  if (cluster.state !== 'online') return <StateSince cluster={cluster} />;
  return <span class="muted">{t.quiet}</span>;
}

function StateSince({ cluster }: { cluster: Cluster }) {
  const since = parseTime(cluster.state_since);
  const word = text.value.clusterState[cluster.state] ?? cluster.state;
  return <span class={`tone-${cluster.state}`}>{since === null ? word : text.value.fleet.stateOnly(word, formatDuration(now.value - since, language.value))}</span>;
}

function CellNumbers({ cluster }: { cluster: Cluster }) {
  const t = text.value.fleet;
  const facts: string[] = [];
  if (cluster.nodes != null) facts.push(t.nodes(cluster.nodes));
  if (cluster.events_per_second != null) facts.push(t.rate(formatRate(cluster.events_per_second, language.value)));
  return <>{facts.join(' · ') || text.value.common.notReported}</>;
}

function Cell({ cluster, trouble, selected }: { cluster: Cluster; trouble: Trouble | undefined; selected: boolean }) {
  const t = text.value.fleet;
  const tone = trouble?.worst ? `worst-${trouble.worst}` : 'calm';
  const name = cluster.cluster_name || cluster.cluster_id;
  return (
    <a
      class={`cell span-${cellSpan(cluster.nodes)} state-${cluster.state} ${tone}`}
      href={hrefTo('cluster', cluster.cluster_id)}
      data-selected={selected}
      title={plainUntrusted(cluster.state_reason ? `${name}: ${cluster.state_reason}` : name)}
    >
      <span class="cell-head">
        <StateMark state={cluster.state} bare />
        <span class="cell-name clip">
          <Untrusted text={name} max={120} />
        </span>
        {trouble && (
          <span class="cell-count">
            <SeverityMark severity={trouble.worst} bare />
            {trouble.count} <span class="hidden-text">{t.incidents(trouble.count)}</span>
          </span>
        )}
      </span>
      <span class="cell-facts clip">
        <CellState cluster={cluster} trouble={trouble} />
      </span>
      <span class="cell-facts cell-numbers muted clip">
        {trouble && cluster.state !== 'online' && (
          <>
            <StateSince cluster={cluster} /> ·{' '}
          </>
        )}
        <CellNumbers cluster={cluster} />
      </span>
    </a>
  );
}

function LastHour() {
  const t = text.value.fleet;
  const list = happenings([...incidents.value.values()], [...clusters.value.values()], gaps.value, now.value - hourMs);
  return (
    <section class="panel last-hour">
      <header>
        <h2>{t.lastHour}</h2>
      </header>
      {list.length === 0 ? (
        <p class="body muted">{t.quietHour}</p>
      ) : (
        <ol class="happenings">
          {list.map((happening) => (
            <HappeningLine key={happening.key} happening={happening} />
          ))}
        </ol>
      )}
    </section>
  );
}

function NoClusters() {
  const t = text.value.fleet;
  return (
    <section class="panel">
      <Empty lead={t.emptyTitle}>
        <p>{t.emptyHow}</p>
        <pre class="command">aetherius-agent --kubeconfig FILE --cluster-id NAME --central-endpoint nats://HOST:4222</pre>
      </Empty>
    </section>
  );
}

export function FleetPage() {
  const t = text.value;
  const shown = useRef<string[]>([]);
  const selected = useRow(shown.current, (id) => navigate(hrefTo('cluster', id)));
  if (load.value.at === null) {
    return load.value.error ? <Failure error={load.value.error} retry={() => void loadStore()} /> : <Skeleton />;
  }
  const all = [...clusters.value.values()];
  const open = [...incidents.value.values()];
  const keys = groupKeys(all);
  const asked = route.value.query['group'];
  const key = asked === 'none' ? null : (keys.find((candidate) => candidate === asked) ?? keys[0] ?? null);
  const groups = groupClusters(all, key);
  const trouble = troubles(open);
  shown.current = groups.flatMap((group) => group.clusters.map((cluster) => cluster.cluster_id));
  return (
    <>
      <div class="page-head">
        <h1 class="hidden-text">{t.nav.fleet}</h1>
        <FigureRow figures={figuresOf(all, open)} />
        <span class="grow" />
        {keys.length > 0 && (
          <Choices
            label={t.common.groupBy}
            value={key ?? 'none'}
            choices={[...keys.slice(0, 5).map((value) => ({ value, label: value })), { value: 'none', label: t.fleet.groupNone }]}
            choose={(value) => setQuery({ group: value === keys[0] ? null : value })}
          />
        )}
      </div>
      <div class="fleet">
        <div class="fleet-groups">
          {all.length === 0 && <NoClusters />}
          {all.length > 0 &&
            groups.map((group) => (
              <section class={!key || group.clusters.length > wideFrom ? 'fleet-group wide' : 'fleet-group'} key={group.label ?? ' '}>
                {key && (
                  <h2 class="fleet-label">
                    {group.label === null ? <span class="muted">{t.fleet.noLabel}</span> : <Untrusted text={group.label} max={80} />}
                    <span class="muted"> {t.fleet.clusters(group.clusters.length)}</span>
                  </h2>
                )}
                <div class={`cells ${density(all.length)}`}>
                  {group.clusters.map((cluster) => (
                    <Cell key={cluster.cluster_id} cluster={cluster} trouble={trouble.get(cluster.cluster_id)} selected={selected === cluster.cluster_id} />
                  ))}
                </div>
              </section>
            ))}
        </div>
        <LastHour />
      </div>
    </>
  );
}
