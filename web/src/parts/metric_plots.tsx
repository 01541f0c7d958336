// The plots of a cluster, or of one of its nodes, on one axis of time.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import { currentTime } from '../clock';
import type { Incident, Series } from '../contract';
import { text } from '../i18n';
import { formatBytes, formatCount, formatCpu, formatRate } from '../number';
import { formatTerm } from '../query';
import { useResource } from '../resource';
import { hrefTo, navigate, route, setQuery } from '../router';
import { isCounted, wholeSteps } from '../series';
import { language } from '../setting';
import { formatDuration, parseRange, parseTime } from '../time';
import { Choices } from './choices';
import { Empty, Failure, Skeleton } from './empty';
import { Plot } from './plot';

const shown = ['cpu', 'memory', 'restarts', 'events'] as const;
const spans = ['15m', '1h', '6h', '24h', '7d'] as const;
const shortSpan = 15 * 60_000;
const refreshMs = 30_000;

function formatOf(series: Series): (value: number) => string {
  const chosen = language.value;
  switch (series.unit) {
    case 'millicores':
      return (value) => formatCpu(value, chosen);
    case 'bytes':
      return (value) => formatBytes(value, chosen);
    case 'per_second':
      return (value) => formatRate(value, chosen);
    default:
      return (value) => formatCount(value, chosen);
  }
}

/** When the first of the series says something other than nothing; Infinity when none does. */
function firstSign(items: readonly Series[]): number {
  return Math.min(Infinity, ...items.map((series) => series.points.find(([, value]) => value !== null && value !== 0)?.[0] ?? Infinity));
}

/** Events come as a rate, or as counts of each step of time; the title says of what. */
function titleOf(series: Series): string {
  const t = text.value.cluster;
  if (!isCounted(series)) return t.series[series.series as keyof typeof t.series] ?? series.series;
  const [first, second] = series.points;
  return first && second ? t.eventsPer(formatDuration(second[0] - first[0], language.value)) : t.series.events;
}

interface Props {
  cluster: string;
  node: string;
  incidents: readonly Incident[];
}

export function MetricPlots({ cluster, node, incidents }: Props) {
  const t = text.value;
  const chosen = spans.find((known) => known === route.value.query['span']);
  const span = chosen ?? '1h';
  const [turn, setTurn] = useState(0);
  const hovered = useRef(false);
  const range = useMemo(() => {
    const until = currentTime();
    return { since: until - (parseRange(span) ?? 3_600_000), until };
  }, [span, turn]);
  const kept = useRef<{ key: string; items: Series[]; since: number; until: number } | null>(null);
  const key = `${cluster} ${node} ${span}`;
  const resource = useResource(`${key} ${turn}`, async (signal) => {
    const params = { series: shown.join(','), node: node || null, since: new Date(range.since).toISOString(), until: new Date(range.until).toISOString() };
    return { ...range, key, items: (await api.metrics(cluster, params, signal)).items.map((series) => wholeSteps(series, range.until)) };
  });
  if (resource.data) kept.current = resource.data;

  useEffect(() => {
    const timer = setInterval(() => {
      if (!hovered.current && !document.hidden) setTurn((old) => old + 1);
    }, refreshMs);
    return () => clearInterval(timer);
  }, []);

  const data = kept.current?.key === key ? kept.current : null;
  /* A cluster that is only minutes old would be a stroke at the edge of an hour. */
  const young = !chosen && data !== null && firstSign(data.items) > data.until - shortSpan;
  const marked = useMemo(() => incidents.filter((incident) => (parseTime(incident.closed_at) ?? Infinity) >= range.since), [incidents, range.since]);
  const choose = (from: number, to: number) =>
    navigate(hrefTo('events', '', { q: formatTerm('cluster', cluster), from: new Date(from).toISOString(), to: new Date(to).toISOString() }));
  return (
    <section class="panel">
      <header>
        <h2>{t.cluster.metrics}</h2>
        {node && (
          <span>
            {node}{' '}
            <button class="button small" type="button" onClick={() => setQuery({ node: null })}>
              {t.cluster.wholeCluster}
            </button>
          </span>
        )}
        <span class="muted">{t.cluster.plotHint}</span>
        <span class="grow" />
        <Choices label={t.events.range} value={young ? '15m' : span} choices={spans.map((value) => ({ value, label: t.events.rangeName[value] }))} choose={(value) => setQuery({ span: value })} />
      </header>
      {resource.error && !data && <Failure error={resource.error} retry={resource.reload} />}
      {!data && !resource.error && (resource.slow ? <Skeleton lines={6} /> : <div class="plots-place" />)}
      {data && data.items.every((series) => series.points.length === 0) && (
        <Empty lead={t.cluster.noMetrics}>
          <p>{t.cluster.noMetricsHow}</p>
        </Empty>
      )}
      {data && (
        <div class="plots">
          {shown.map((name) => {
            const series = data.items.find((item) => item.series === name);
            if (!series || series.points.length === 0) return null;
            return (
              <Plot
                key={name}
                title={titleOf(series)}
                series={series}
                since={young ? data.until - shortSpan : data.since}
                until={data.until}
                incidents={marked}
                format={formatOf(series)}
                choose={choose}
                onHover={(over) => {
                  hovered.current = over;
                }}
              />
            );
          })}
        </div>
      )}
    </section>
  );
}
