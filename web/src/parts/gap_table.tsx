// What was lost, between when and when, why, and how much of it.
import type { Gap } from '../contract';
import { gapCauses, type GapCause } from '../gap_filter';
import { text, type Dictionary } from '../i18n';
import { formatCount } from '../number';
import { hrefTo } from '../router';
import { language } from '../setting';
import { formatDuration, parseTime } from '../time';
import { Table, type Column } from './table';
import { Untrusted } from './untrusted';
import { Moment } from './when';

function lengthOf(gap: Gap): number | null {
  const from = parseTime(gap.from);
  const to = parseTime(gap.to);
  return from === null || to === null ? null : to - from;
}

function Cause({ cause }: { cause: string }) {
  const known = gapCauses.find((name) => name === cause) as GapCause | undefined;
  const t = text.value.gaps;
  return <span title={known ? t.causeMeaning[known] : undefined}>{known ? t.cause[known] : cause}</span>;
}

function columnsOf(t: Dictionary, withCluster: boolean): Column<Gap>[] {
  const cluster: Column<Gap> = {
    key: 'cluster',
    label: t.common.cluster,
    sort: (gap) => gap.cluster_id,
    cell: (gap) => <a href={hrefTo('cluster', gap.cluster_id)}>{gap.cluster_id}</a>,
  };
  return [
    { key: 'recorded', label: t.gaps.recorded, sort: (gap) => gap.recorded_at, cell: (gap) => <Moment at={gap.recorded_at} /> },
    ...(withCluster ? [cluster] : []),
    { key: 'cause', label: t.gaps.causeHead, sort: (gap) => gap.cause, cell: (gap) => <Cause cause={gap.cause} /> },
    {
      key: 'span',
      label: t.gaps.span,
      cell: (gap) => (
        <a href={hrefTo('events', '', { q: `cluster:${gap.cluster_id}`, from: gap.from, to: gap.to })} title={t.gaps.eventsAround}>
          <Moment at={gap.from} /> – <Moment at={gap.to} />
        </a>
      ),
    },
    {
      key: 'length',
      label: t.gaps.length,
      number: true,
      sort: lengthOf,
      cell: (gap) => {
        const length = lengthOf(gap);
        return length === null ? t.common.notReported : formatDuration(length, language.value);
      },
    },
    { key: 'count', label: t.gaps.count, number: true, sort: (gap) => gap.count, cell: (gap) => (gap.count == null ? <span class="muted">{t.gaps.unknownCount}</span> : formatCount(gap.count, language.value)) },
    { key: 'detail', label: t.gaps.detail, wrap: true, cell: (gap) => <Untrusted text={gap.detail} max={600} /> },
  ];
}

export function GapTable({ gaps, withCluster }: { gaps: readonly Gap[]; withCluster: boolean }) {
  const t = text.value;
  return <Table label={t.nav.gaps} columns={columnsOf(t, withCluster)} items={gaps} id={(gap) => String(gap.id)} param="sort" first="-recorded" cards />;
}
