// One cluster on the Fleet page: a cell among many, or with few clusters a panel that tells its incidents.
import { now } from '../clock';
import type { Cluster, Incident } from '../contract';
import { cellSpan, type Trouble } from '../fleet';
import { text } from '../i18n';
import { formatRate } from '../number';
import { hrefTo } from '../router';
import { language } from '../setting';
import { formatDuration, parseTime } from '../time';
import { plainUntrusted } from '../untrusted';
import { incidentTitle } from './incident_line';
import { SeverityMark, StateMark } from './mark';
import { Untrusted } from './untrusted';
import { Age } from './when';

interface Props {
  cluster: Cluster;
  trouble: Trouble | undefined;
  selected: boolean;
}

function StateSince({ cluster }: { cluster: Cluster }) {
  const since = parseTime(cluster.state_since);
  const word = text.value.clusterState[cluster.state] ?? cluster.state;
  return <span class={`tone-${cluster.state}`}>{since === null ? word : text.value.fleet.stateOnly(word, formatDuration(now.value - since, language.value))}</span>;
}

/** What matters most about a cluster: its worst incident, else that it is not online, else that all is well. */
function CellState({ cluster, trouble }: Omit<Props, 'selected'>) {
  const t = text.value.fleet;
  if (trouble) return <Untrusted text={incidentTitle(trouble.first)} max={200} />;
  if (cluster.state !== 'online') return <StateSince cluster={cluster} />;
  return <span class="muted">{t.quiet}</span>;
}

function CellNumbers({ cluster, trouble }: Omit<Props, 'selected'>) {
  const t = text.value.fleet;
  const facts: string[] = [];
  if (cluster.nodes != null) facts.push(t.nodes(cluster.nodes));
  if (cluster.events_per_second != null) facts.push(t.rate(formatRate(cluster.events_per_second, language.value)));
  return (
    <>
      {trouble && cluster.state !== 'online' && (
        <>
          <StateSince cluster={cluster} /> ·{' '}
        </>
      )}
      {facts.join(' · ') || text.value.common.notReported}
    </>
  );
}

function CellHead({ cluster, trouble }: Omit<Props, 'selected'>) {
  const t = text.value.fleet;
  return (
    <span class="cell-head">
      <StateMark state={cluster.state} bare />
      <span class="cell-name clip">
        <Untrusted text={cluster.cluster_name || cluster.cluster_id} max={120} />
      </span>
      {trouble && (
        <span class="cell-count">
          <SeverityMark severity={trouble.worst} bare />
          {trouble.count} <span class="hidden-text">{t.incidents(trouble.count)}</span>
        </span>
      )}
    </span>
  );
}

function look(cluster: Cluster, trouble: Trouble | undefined): string {
  return `cell state-${cluster.state} ${trouble?.worst ? `troubled worst-${trouble.worst}` : 'calm'}`;
}

export function FleetCell({ cluster, trouble, selected }: Props) {
  const name = cluster.cluster_name || cluster.cluster_id;
  return (
    <a
      class={`${look(cluster, trouble)} span-${cellSpan(cluster.nodes)}`}
      href={hrefTo('cluster', cluster.cluster_id)}
      data-selected={selected}
      title={plainUntrusted(cluster.state_reason ? `${name}: ${cluster.state_reason}` : name)}
    >
      <CellHead cluster={cluster} trouble={trouble} />
      <span class="cell-facts clip">
        <CellState cluster={cluster} trouble={trouble} />
      </span>
      <span class="cell-facts cell-numbers muted clip">
        <CellNumbers cluster={cluster} trouble={trouble} />
      </span>
    </a>
  );
}

const toldMax = 12;

/** `incidents` are the cluster's open ones, the most urgent first. */
export function FleetPanel({ cluster, trouble, selected, incidents }: Props & { incidents: readonly Incident[] }) {
  const t = text.value.fleet;
  const untold = incidents.length - toldMax;
  return (
    <section class={`${look(cluster, trouble)} ample`} data-selected={selected}>
      <a class="cell-title" href={hrefTo('cluster', cluster.cluster_id)}>
        <CellHead cluster={cluster} trouble={trouble} />
        <span class="cell-facts muted">
          <CellNumbers cluster={cluster} trouble={trouble} />
        </span>
      </a>
      {cluster.state !== 'online' && (
        <p class="cell-facts">
          <StateSince cluster={cluster} /> <Untrusted text={cluster.state_reason} max={300} />
        </p>
      )}
      {incidents.length === 0 && cluster.state === 'online' && <p class="cell-facts muted">{t.quiet}</p>}
      <ul class="cell-incidents">
        {incidents.slice(0, toldMax).map((incident) => (
          <li key={incident.id}>
            <a href={hrefTo('incident', incident.id)}>
              <SeverityMark severity={incident.severity} bare />
              <span class="cell-sentence">
                <Untrusted text={incidentTitle(incident)} max={300} />
              </span>
              <span class="muted">
                <Age at={incident.opened_at} />
              </span>
            </a>
          </li>
        ))}
      </ul>
      {untold > 0 && (
        <p class="cell-facts">
          <a href={hrefTo('incidents', '', { q: `cluster:${cluster.cluster_id}` })}>{t.more(untold)}</a>
        </p>
      )}
    </section>
  );
}
