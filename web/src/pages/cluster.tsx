// One cluster: can its picture be believed, what is wrong in it, how it does over time, what it may not see.
import { useMemo } from 'preact/hooks';
import { api } from '../api';
import type { Cluster, DeniedCapability, Gap } from '../contract';
import { byUrgency } from '../fleet';
import { isHeard } from '../health';
import { text } from '../i18n';
import { absent, formatCount } from '../number';
import { AdmissionButtons } from '../parts/admission';
import { Empty, Failure, Skeleton } from '../parts/empty';
import { GapTable } from '../parts/gap_table';
import { HealthFacts } from '../parts/health_facts';
import { IncidentLine } from '../parts/incident_line';
import { StateMark } from '../parts/mark';
import { MetricPlots } from '../parts/metric_plots';
import { NodeTable } from '../parts/node_table';
import { Untrusted } from '../parts/untrusted';
import { Moment } from '../parts/when';
import { formatTerm } from '../query';
import { useResource } from '../resource';
import { hrefTo, navigate, route } from '../router';
import { language } from '../setting';
import { clusters, gaps as sharedGaps, incidents } from '../store';
import { useKeys } from '../use_keys';
import { useRow } from '../use_row';

const gapsShown = 8;

function Head({ cluster }: { cluster: Cluster }) {
  const t = text.value;
  const term = formatTerm('cluster', cluster.cluster_id);
  return (
    <div class="page-head">
      <h1 class="cluster-name">
        <StateMark state={cluster.state} /> <Untrusted text={cluster.cluster_name || cluster.cluster_id} max={100} />
      </h1>
      {cluster.cluster_name && cluster.cluster_name !== cluster.cluster_id && <span class="code muted">{cluster.cluster_id}</span>}
      {Object.entries(cluster.labels ?? {}).map(([key, value]) => (
        <span key={key} class="label">
          <span class="muted">{key}</span> <Untrusted text={value} max={80} />
        </span>
      ))}
      <span class="grow" />
      {cluster.state === 'pending' && <AdmissionButtons cluster={cluster} />}
      {cluster.state === 'refused' && <AdmissionButtons cluster={cluster} answers={['accept']} />}
      <a class="button" href={hrefTo('incidents', '', { q: term })}>
        {t.nav.incidents}
      </a>
      <a class="button" href={hrefTo('events', '', { q: term })}>
        {t.nav.events}
      </a>
    </div>
  );
}

function Incidents({ cluster }: { cluster: Cluster }) {
  const t = text.value;
  const mine = [...incidents.value.values()].filter((incident) => incident.cluster_id === cluster.cluster_id && incident.state === 'open').sort(byUrgency);
  const selected = useRow(
    mine.map((incident) => incident.id),
    (id) => navigate(hrefTo('incident', id)),
  );
  return (
    <section class="panel">
      <header>
        <h2>{t.cluster.openIncidents}</h2>
        <span class="muted">{mine.length}</span>
      </header>
      {mine.length === 0 ? (
        <p class="body muted">{isHeard(cluster) ? t.cluster.noIncidents : t.cluster.noneWhenHeard}</p>
      ) : (
        <ul class="incident-list in-cluster">
          {mine.map((incident) => (
            <IncidentLine key={incident.id} incident={incident} selected={incident.id === selected} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Nodes({ cluster }: { cluster: Cluster }) {
  const t = text.value;
  const nodes = useResource(`nodes ${cluster.cluster_id}`, (signal) => api.nodes(cluster.cluster_id, signal));
  return (
    <section class="panel">
      <header>
        <h2>{t.cluster.nodes}</h2>
        <span class="muted">{nodes.data ? nodes.data.length : absent}</span>
      </header>
      {nodes.error && <Failure error={nodes.error} retry={nodes.reload} />}
      {!nodes.data && nodes.slow && <Skeleton lines={4} />}
      {nodes.data?.length === 0 && (
        <Empty lead={t.cluster.noNodes}>
          <p>{t.cluster.noNodesHow}</p>
        </Empty>
      )}
      {nodes.data && nodes.data.length > 0 && <NodeTable nodes={nodes.data} />}
    </section>
  );
}

function DeniedLine({ denied }: { denied: DeniedCapability }) {
  const t = text.value.cluster;
  const costs = denied.costs ?? [];
  return (
    <li>
      <span>
        <Untrusted text={denied.capability} max={120} />
        <span class="code muted">
          {' '}
          <Untrusted text={`${denied.verb} ${denied.resource}`} max={160} />
        </span>
      </span>
      <span>
        {costs.length === 0 ? (
          <span class="muted">{t.costsNothing}</span>
        ) : (
          <>
            {t.costs}{' '}
            {costs.map((code) => (
              <a key={code} class="code cost" href={hrefTo('knowledge', '', { id: code })}>
                {code}
              </a>
            ))}
          </>
        )}
      </span>
    </li>
  );
}

function Permissions({ cluster }: { cluster: Cluster }) {
  const t = text.value.cluster;
  const denied = cluster.capabilities_denied ?? [];
  return (
    <section class="panel">
      <header>
        <h2>{t.permissions}</h2>
        <span class="muted">{t.denied(denied.length)}</span>
      </header>
      {denied.length === 0 ? (
        <p class="body muted">{cluster.capabilities == null ? text.value.common.notReported : t.nothingDenied}</p>
      ) : (
        <ul class="reasons">
          {denied.map((entry) => (
            <DeniedLine key={`${entry.verb} ${entry.resource} ${entry.capability}`} denied={entry} />
          ))}
        </ul>
      )}
      {(cluster.capabilities ?? []).length > 0 && (
        <p class="body muted">
          {t.granted} <span class="code">{(cluster.capabilities ?? []).join(', ')}</span>
        </p>
      )}
    </section>
  );
}

function Gaps({ cluster }: { cluster: Cluster }) {
  const t = text.value;
  const own = useResource<Gap[]>(`gaps ${cluster.cluster_id}`, (signal) => api.gaps({ cluster_id: cluster.cluster_id }, signal));
  const live = sharedGaps.value.filter((gap) => gap.cluster_id === cluster.cluster_id);
  const all = [...new Map([...live, ...(own.data ?? [])].map((gap) => [gap.id, gap])).values()];
  return (
    <section class="panel">
      <header>
        <h2>{t.nav.gaps}</h2>
        <span class="muted">{formatCount(cluster.gaps_total ?? all.length, language.value)}</span>
        <span class="grow" />
        {all.length > gapsShown && <a href={hrefTo('gaps', '', { q: formatTerm('cluster', cluster.cluster_id) })}>{t.common.all}</a>}
      </header>
      {own.error && <Failure error={own.error} retry={own.reload} />}
      {own.data && all.length === 0 && <p class="body muted">{t.gaps.none}</p>}
      {all.length > 0 && <GapTable gaps={all.slice(0, gapsShown)} withCluster={false} />}
    </section>
  );
}

function Agent({ cluster }: { cluster: Cluster }) {
  const t = text.value;
  const count = (value: number | null | undefined) => formatCount(value, language.value);
  const facts: [string, preact.ComponentChildren][] = [
    [t.cluster.version, cluster.version ?? absent],
    ['Kubernetes', cluster.kubernetes_version ?? absent],
    [t.cluster.instance, <Untrusted text={cluster.instance ?? absent} max={120} />],
    [t.cluster.uid, <span class="code">{cluster.cluster_uid ?? absent}</span>],
    [t.cluster.started, <Moment at={cluster.started_at} />],
    [t.cluster.registered, <Moment at={cluster.registered_at} />],
    [t.cluster.watermark, cluster.watermark ? `${cluster.watermark.epoch} · ${count(cluster.watermark.seq)}` : absent],
    [t.cluster.totals, t.cluster.totalsOf(count(cluster.events_total), count(cluster.metrics_total), count(cluster.commands_total))],
    [t.cluster.deadLetters, count(cluster.dead_letters)],
  ];
  const settings = Object.entries(cluster.settings ?? {});
  return (
    <section class="panel">
      <header>
        <h2>{t.cluster.agent}</h2>
      </header>
      <dl class="facts body">
        {facts.map(([name, value]) => (
          <div class="fact" key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3 class="body settings-head">{t.cluster.settings}</h3>
      {settings.length === 0 ? (
        <p class="body muted">{t.common.notReported}</p>
      ) : (
        <dl class="facts settings body">
          {settings.map(([name, value]) => (
            <div class="fact" key={name}>
              <dt class="code">{name}</dt>
              <dd class="code">
                <Untrusted text={typeof value === 'string' ? value : JSON.stringify(value)} max={400} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

export function ClusterPage() {
  const { id, query } = route.value;
  const known = clusters.value.get(id);
  const asked = useResource(known ? null : `cluster ${id}`, (signal) => api.cluster(id, signal));
  useKeys({ close: () => navigate(hrefTo('clusters', '', { sel: id })) });
  const cluster = known ?? asked.data;
  const marks = useMemo(() => [...incidents.value.values()].filter((incident) => incident.cluster_id === id), [incidents.value, id]);
  if (!cluster) {
    if (asked.error?.status === 404) {
      return (
        <Empty lead={text.value.cluster.missing(id)}>
          <a class="button" href={hrefTo('clusters')}>
            {text.value.nav.clusters}
          </a>
        </Empty>
      );
    }
    if (asked.error) return <Failure error={asked.error} retry={asked.reload} />;
    return asked.slow ? <Skeleton lines={12} /> : <div />;
  }
  return (
    <>
      <Head cluster={cluster} />
      <HealthFacts cluster={cluster} />
      <Incidents cluster={cluster} />
      <MetricPlots cluster={id} node={query['node'] ?? ''} incidents={marks} />
      <Nodes cluster={cluster} />
      <Gaps cluster={cluster} />
      <div class="incident-columns">
        <Permissions cluster={cluster} />
        <Agent cluster={cluster} />
      </div>
    </>
  );
}
