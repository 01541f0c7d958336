// The nodes of a cluster with their conditions and use.
import type { ClusterNode, NodeCondition } from '../contract';
import { text, type Dictionary } from '../i18n';
import { absent, formatBytes, formatCount, formatCpu, formatPercent } from '../number';
import { hrefTo, route } from '../router';
import { language } from '../setting';
import { Table, type Column } from './table';
import { Untrusted } from './untrusted';
import { Age } from './when';

/** Ready should be True, every other condition False; what is neither is worth showing. */
function isWrong(condition: NodeCondition): boolean {
  return condition.type === 'Ready' ? condition.status !== 'True' : condition.status !== 'False';
}

function Conditions({ node }: { node: ClusterNode }) {
  const wrong = (node.conditions ?? []).filter(isWrong);
  const t = text.value.cluster;
  if (node.conditions == null) return <span class="muted">{text.value.common.notReported}</span>;
  return (
    <span class="conditions">
      {wrong.length === 0 && <span class="tone-ok">Ready</span>}
      {wrong.map((condition) => (
        <span key={condition.type} class="condition tone-high">
          <Untrusted text={`${condition.type}=${condition.status}`} max={80} />
          {condition.reason && (
            <span class="muted">
              {' '}
              <Untrusted text={condition.reason} max={80} />
            </span>
          )}
        </span>
      ))}
      {node.unschedulable && <span class="condition tone-medium">{t.cordoned}</span>}
    </span>
  );
}

interface UseProps {
  used: number | null | undefined;
  of: number | null | undefined;
  format: (value: number | null | undefined) => string;
}

function share(used: number | null | undefined, of: number | null | undefined): number | null {
  return used == null || !of ? null : used / of;
}

function Use({ used, of, format }: UseProps) {
  const part = share(used, of);
  if (used == null) return <span class="muted">{absent}</span>;
  return (
    <span class="use" title={`${format(used)} / ${format(of)}`}>
      <svg viewBox="0 0 60 8" class="use-bar" aria-hidden="true">
        <rect width="60" height="8" class="track" />
        {part !== null && <rect width={60 * Math.min(1, part)} height="8" class={part >= 0.9 ? 'fill high' : 'fill'} />}
      </svg>
      <span class="use-share">{formatPercent(part, language.value)}</span>
      <span class="muted">{format(used)}</span>
    </span>
  );
}

/** Trouble first: not ready, then pressed, then cordoned. */
function troubleRank(node: ClusterNode): number {
  const wrong = (node.conditions ?? []).filter(isWrong);
  if (wrong.some((condition) => condition.type === 'Ready')) return 0;
  if (wrong.length > 0) return 1;
  return node.unschedulable ? 2 : 3;
}

function columnsOf(t: Dictionary): Column<ClusterNode>[] {
  const chosen = language.value;
  return [
    {
      key: 'name',
      label: t.cluster.node,
      sort: (node) => node.name,
      cell: (node) => (
        <a href={hrefTo('cluster', route.value.id, { ...route.value.query, node: node.name })}>
          <Untrusted text={node.name} max={80} />
        </a>
      ),
    },
    { key: 'conditions', label: t.cluster.conditions, sort: troubleRank, cell: (node) => <Conditions node={node} /> },
    { key: 'cpu', label: 'CPU', number: true, sort: (node) => share(node.cpu_millicores, node.cpu_allocatable), cell: (node) => <Use used={node.cpu_millicores} of={node.cpu_allocatable} format={(v) => formatCpu(v, chosen)} /> },
    { key: 'memory', label: t.cluster.series.memory, number: true, sort: (node) => share(node.memory_bytes, node.memory_allocatable), cell: (node) => <Use used={node.memory_bytes} of={node.memory_allocatable} format={(v) => formatBytes(v, chosen)} /> },
    { key: 'pods', label: 'Pods', number: true, sort: (node) => node.pods, cell: (node) => <span>{`${formatCount(node.pods, chosen)} / ${formatCount(node.pods_allocatable, chosen)}`}</span> },
    { key: 'version', label: 'kubelet', extra: true, sort: (node) => node.kubelet_version, cell: (node) => node.kubelet_version ?? absent },
    { key: 'sampled', label: t.cluster.sampled, number: true, extra: true, sort: (node) => node.sampled_at, cell: (node) => <Age at={node.sampled_at} /> },
  ];
}

export function NodeTable({ nodes }: { nodes: readonly ClusterNode[] }) {
  const t = text.value;
  return <Table label={t.cluster.nodes} columns={columnsOf(t)} items={nodes} id={(node) => node.name} param="nodes" first="conditions" />;
}
