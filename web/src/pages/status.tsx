// Central itself: its services, the bus that agents reach, who may log in, and how this page is connected.
import { now } from '../clock';
import type { ServiceStatus, Status } from '../contract';
import { pick, text, type Dictionary } from '../i18n';
import { absent, formatCount } from '../number';
import { Failure, Skeleton } from '../parts/empty';
import { Table, type Column } from '../parts/table';
import { Untrusted } from '../parts/untrusted';
import { Age, Moment } from '../parts/when';
import { language } from '../setting';
import { clusters, load, loadStore, status } from '../store';
import { link } from '../stream';
import { formatDuration } from '../time';

function ServiceState({ state }: { state: string }) {
  const words = text.value.status.states;
  const good = state === 'running';
  return (
    <span class={`severity ${good ? 'tone-ok' : 'tone-medium'}`}>
      <svg class="mark" viewBox="0 0 12 12" aria-hidden="true">
        <path d={good ? 'M1.5 6.5 4.5 9.5 10.5 2.5' : 'M6 1.5v5.5M6 9v1.6'} fill="none" stroke="currentColor" stroke-width="1.8" />
      </svg>
      {state in words ? words[state as keyof typeof words] : state}
    </span>
  );
}

function serviceColumns(t: Dictionary): Column<ServiceStatus>[] {
  const count = (value: number | null | undefined) => formatCount(value, language.value);
  return [
    { key: 'name', label: t.status.service, sort: (service) => service.name, cell: (service) => service.name },
    { key: 'purpose', label: t.status.purpose, wrap: true, extra: true, cell: (service) => t.status.purposes[service.name as keyof typeof t.status.purposes] ?? '' },
    { key: 'state', label: t.status.state, sort: (service) => service.state, cell: (service) => <ServiceState state={service.state} /> },
    { key: 'mailbox', label: t.status.mailbox, number: true, sort: (service) => service.mailbox, cell: (service) => count(service.mailbox) },
    { key: 'handled', label: t.status.handled, number: true, sort: (service) => service.handled, cell: (service) => count(service.handled) },
    {
      key: 'errors',
      label: t.status.errors,
      number: true,
      sort: (service) => service.errors,
      cell: (service) => <span class={service.errors ? 'tone-high' : undefined}>{count(service.errors)}</span>,
    },
  ];
}

type Rows = [string, preact.ComponentChildren][];

function FactPanel({ title, rows }: { title: string; rows: Rows }) {
  return (
    <section class="panel">
      <header>
        <h2>{title}</h2>
      </header>
      <dl class="facts body">
        {rows.map(([name, value]) => (
          <div class="fact" key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function centralRows(t: Dictionary, central: Status): Rows {
  const login = central.login === 'none' || !central.login ? t.status.loginNone : central.login;
  return [
    [t.cluster.version, central.version ?? absent],
    [t.cluster.started, <Moment at={central.started_at} />],
    [t.status.login, <span class={central.insecure ? 'tone-medium' : undefined}>{login}</span>],
    [t.status.admission, central.admission === 'auto' ? t.status.admissionAuto : central.admission === 'manual' ? t.status.admissionManual : (central.admission ?? absent)],
    [t.status.model, central.model ? <Untrusted text={central.model} max={120} /> : t.status.noModel],
    [t.status.commandKey, <span class="code">{central.command_key ?? absent}</span>],
  ];
}

function edgeRows(t: Dictionary, central: Status): Rows {
  const { edge } = central;
  return [
    [t.status.endpoint, <span class="code">{edge?.endpoint ?? absent}</span>],
    [t.status.connection, edge?.connected == null ? absent : <span class={edge.connected ? 'tone-ok' : 'tone-high'}>{edge.connected ? t.status.connected : t.status.notConnected}</span>],
    [t.status.serverVersion, edge?.server_version ?? absent],
    ['JetStream', edge?.jetstream == null ? absent : edge.jetstream ? t.common.yes : t.status.noJetstream],
    [t.status.warning, edge?.warning ? <span class="tone-medium">{pick(edge.warning, edge.warning_zh, language.value)}</span> : t.common.none],
  ];
}

function viewRows(t: Dictionary): Rows {
  const { state, since } = link.value;
  const word = { live: t.header.live, lost: t.header.lost, connecting: t.header.connecting }[state];
  return [
    [t.status.liveLink, `${word} · ${formatDuration(now.value - since, language.value)}`],
    [t.status.loadedAt, load.value.at === null ? absent : <Moment at={new Date(load.value.at).toISOString()} />],
    [t.status.clustersKnown, formatCount(clusters.value.size, language.value)],
    [t.status.centralTime, status.value?.now ? <Age at={status.value.now} /> : absent],
  ];
}

export function StatusPage() {
  const t = text.value;
  const central = status.value;
  if (!central) {
    return load.value.error ? <Failure error={load.value.error} retry={() => void loadStore()} /> : <Skeleton lines={10} />;
  }
  return (
    <>
      <div class="page-head">
        <h1>{t.nav.status}</h1>
        <span class="grow" />
        <a class="button" href="/openapi.json">
          OpenAPI
        </a>
      </div>
      <section class="panel">
        <header>
          <h2>{t.status.services}</h2>
        </header>
        <Table label={t.status.services} columns={serviceColumns(t)} items={central.services ?? []} id={(service) => service.name} param="sort" first="name" />
      </section>
      <div class="three-columns">
        <FactPanel title={t.status.central} rows={centralRows(t, central)} />
        <FactPanel title={t.status.edge} rows={edgeRows(t, central)} />
        <FactPanel title={t.status.thisView} rows={viewRows(t)} />
      </div>
    </>
  );
}
