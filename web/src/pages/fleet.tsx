// Is anything wrong, anywhere? One cell a cluster, four figures, and what changed in the last hour.
import { useRef } from 'preact/hooks';
import { now } from '../clock';
import { byUrgency, figuresOf, groupClusters, groupKeys, happenings, troubles, type Figures, type Group, type Trouble } from '../fleet';
import { text } from '../i18n';
import { absent, formatCount, formatRate } from '../number';
import { Empty, Failure, Skeleton } from '../parts/empty';
import { WaitingClusters } from '../parts/admission';
import { Choices } from '../parts/choices';
import { FleetCell, FleetPanel } from '../parts/fleet_cell';
import { Untrusted } from '../parts/untrusted';
import { HappeningLine } from '../parts/happening';
import { hrefTo, navigate, route, setQuery } from '../router';
import { language } from '../setting';
import { clusters, gaps, incidents, load, loadStore } from '../store';
import { formatLatency } from '../time';
import { useRow } from '../use_row';

const hourMs = 3_600_000;

/** With few clusters each tells its incidents; with many, cells shrink to a name and its marks. */
type Density = 'ample' | 'roomy' | 'compact' | 'dense';
const ampleUpTo = 6;
const compactFrom = 60;
const denseFrom = 200;

function densityOf(count: number): Density {
  if (count <= ampleUpTo) return 'ample';
  if (count >= denseFrom) return 'dense';
  return count >= compactFrom ? 'compact' : 'roomy';
}

/** A group with more clusters than this takes the whole width. */
const wideFrom = 8;


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

interface CellsProps {
  group: Group;
  trouble: ReadonlyMap<string, Trouble>;
  density: Density;
  selected: string;
}

function Cells({ group, trouble, density, selected }: CellsProps) {
  const open = density === 'ample' ? [...incidents.value.values()].filter((incident) => incident.state === 'open').sort(byUrgency) : [];
  return (
    <div class={`cells ${density}`}>
      {group.clusters.map((cluster) => {
        const id = cluster.cluster_id;
        const common = { cluster, trouble: trouble.get(id), selected: selected === id };
        return density === 'ample' ? <FleetPanel key={id} {...common} incidents={open.filter((incident) => incident.cluster_id === id)} /> : <FleetCell key={id} {...common} />;
      })}
    </div>
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
    <section class="panel fleet-empty">
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
      <WaitingClusters />
      <div class="fleet">
        <div class="fleet-groups">
          {all.length === 0 && <NoClusters />}
          {all.length > 0 &&
            groups.map((group) => (
              <section class={groups.length === 1 || group.clusters.length > wideFrom ? 'fleet-group wide' : 'fleet-group'} key={group.label ?? ' '}>
                {key && (
                  <h2 class="fleet-label">
                    {group.label === null ? <span class="muted">{t.fleet.noLabel}</span> : <Untrusted text={group.label} max={80} />}
                    <span class="muted"> {t.fleet.clusters(group.clusters.length)}</span>
                  </h2>
                )}
                <Cells group={group} trouble={trouble} density={densityOf(all.length)} selected={selected} />
              </section>
            ))}
        </div>
        <LastHour />
      </div>
    </>
  );
}
