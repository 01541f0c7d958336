// Where the boxes and lines of the affected objects go: roots on the left, each step away from them one column further.
// Pure, and the same for the same input, so that nothing moves when an incident is loaded again.
import type { Affected, AffectedEdge, AffectedNode, AffectedRole } from './contract';
import { parseObject } from './object';

export const boxWidth = 208;
export const boxHeight = 58;
const columnGap = 74;
const rowGap = 14;
const margin = 10;

/** Siblings that differ only in their name are folded beyond this many. */
const siblingsMax = 4;
export const nodesMax = 80;

export interface GraphNode {
  id: string;
  object: string;
  role: AffectedRole;
  state: string;
  detail: string;
  /** How many objects stand behind this box; 1 for a plain one. */
  members: number;
}

export interface PlacedNode extends GraphNode {
  x: number;
  y: number;
}

export interface PlacedEdge {
  from: string;
  to: string;
  kind: string;
  path: string;
  labelX: number;
  labelY: number;
}

export interface GraphLayout {
  nodes: PlacedNode[];
  edges: PlacedEdge[];
  width: number;
  height: number;
}

const roleOrder: Record<AffectedRole, number> = { root: 0, victim: 1, context: 2 };

function signature(node: AffectedNode, edges: readonly AffectedEdge[]): string {
  const touching = edges
    .filter((edge) => edge.from === node.object || edge.to === node.object)
    .map((edge) => (edge.from === node.object ? `>${edge.to} ${edge.kind}` : `<${edge.from} ${edge.kind}`))
    .sort();
  return [parseObject(node.object).kind, node.role, node.state ?? '', ...touching].join('|');
}

/** Objects named by an edge but not listed are context; the graph shows what it was told, all of it. */
function completeNodes(affected: Affected): AffectedNode[] {
  const known = new Map(affected.nodes.map((node) => [node.object, node]));
  for (const edge of affected.edges) {
    for (const object of [edge.from, edge.to]) {
      if (!known.has(object)) known.set(object, { object, role: 'context' });
    }
  }
  return [...known.values()].slice(0, nodesMax * 4);
}

/** Folds like siblings, so that a hundred Pods of one ReplicaSet are four boxes and a count. */
export function foldGraph(affected: Affected): { nodes: GraphNode[]; edges: AffectedEdge[] } {
  const groups = new Map<string, AffectedNode[]>();
  for (const node of completeNodes(affected)) {
    const key = signature(node, affected.edges);
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const nodes: GraphNode[] = [];
  const standsFor = new Map<string, string>();
  for (const members of groups.values()) {
    const shown = members.length > siblingsMax + 1 ? members.slice(0, siblingsMax) : members;
    for (const node of shown) {
      nodes.push({ id: node.object, object: node.object, role: node.role, state: node.state ?? '', detail: node.detail ?? '', members: 1 });
      standsFor.set(node.object, node.object);
    }
    const folded = members.slice(shown.length);
    const first = folded[0];
    if (!first) continue;
    const id = `+ ${first.object}`;
    nodes.push({ id, object: first.object, role: first.role, state: first.state ?? '', detail: '', members: folded.length });
    for (const node of folded) standsFor.set(node.object, id);
  }
  const kept = new Set(nodes.slice(0, nodesMax).map((node) => node.id));
  const edges = new Map<string, AffectedEdge>();
  for (const edge of affected.edges) {
    const from = standsFor.get(edge.from);
    const to = standsFor.get(edge.to);
    if (from && to && from !== to && kept.has(from) && kept.has(to)) edges.set(`${from}|${to}|${edge.kind}`, { ...edge, from, to });
  }
  return { nodes: nodes.slice(0, nodesMax), edges: [...edges.values()] };
}

function neighbours(nodes: readonly GraphNode[], edges: readonly AffectedEdge[]): Map<string, string[]> {
  const found = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  for (const edge of edges) {
    found.get(edge.from)?.push(edge.to);
    found.get(edge.to)?.push(edge.from);
  }
  return found;
}

/** Steps from the nearest root. What no line reaches stands in the last column. */
function columnsFrom(nodes: readonly GraphNode[], near: ReadonlyMap<string, string[]>): Map<string, number> {
  const column = new Map<string, number>();
  let ring = nodes.filter((node) => node.role === 'root').map((node) => node.id);
  if (ring.length === 0 && nodes[0]) ring = [nodes[0].id];
  for (let step = 0; ring.length > 0; step += 1) {
    const next: string[] = [];
    for (const id of ring) {
      if (column.has(id)) continue;
      column.set(id, step);
      next.push(...(near.get(id) ?? []));
    }
    ring = next;
  }
  const last = Math.max(0, ...column.values());
  for (const node of nodes) if (!column.has(node.id)) column.set(node.id, last + (last === 0 ? 1 : 0));
  return column;
}

/** Each column is ordered by where its neighbours on the left stand, so that few lines cross. */
function orderColumns(nodes: readonly GraphNode[], column: ReadonlyMap<string, number>, near: ReadonlyMap<string, string[]>): string[][] {
  const columns: string[][] = [];
  const row = new Map<string, number>();
  const last = Math.max(0, ...column.values());
  for (let at = 0; at <= last; at += 1) {
    const members = nodes.filter((node) => column.get(node.id) === at);
    const weight = (node: GraphNode) => {
      const left = (near.get(node.id) ?? []).filter((id) => column.get(id) === at - 1).map((id) => row.get(id) ?? 0);
      return left.length === 0 ? Number.MAX_SAFE_INTEGER : left.reduce((sum, value) => sum + value, 0) / left.length;
    };
    const sorted = members
      .map((node) => ({ node, weight: weight(node) }))
      .sort((a, b) => a.weight - b.weight || roleOrder[a.node.role] - roleOrder[b.node.role] || a.node.object.localeCompare(b.node.object) || a.node.members - b.node.members);
    columns.push(sorted.map(({ node }) => node.id));
    sorted.forEach(({ node }, i) => row.set(node.id, i));
  }
  return columns.filter((members) => members.length > 0);
}

function placeEdge(edge: AffectedEdge, from: PlacedNode, to: PlacedNode): PlacedEdge {
  const forth = from.x < to.x;
  const x1 = forth || from.x === to.x ? from.x + boxWidth : from.x;
  const x2 = forth ? to.x : to.x + boxWidth;
  const y1 = from.y + boxHeight / 2;
  const y2 = to.y + boxHeight / 2;
  const side = from.x === to.x ? x1 + columnGap / 2 : (x1 + x2) / 2;
  return { ...edge, path: `M${x1} ${y1}C${side} ${y1} ${side} ${y2} ${x2} ${y2}`, labelX: from.x === to.x ? x1 + columnGap / 2.4 : side, labelY: (y1 + y2) / 2 };
}

export function layoutGraph(affected: Affected): GraphLayout {
  const { nodes, edges } = foldGraph(affected);
  const near = neighbours(nodes, edges);
  const columns = orderColumns(nodes, columnsFrom(nodes, near), near);
  const tallest = Math.max(1, ...columns.map((members) => members.length));
  const height = tallest * (boxHeight + rowGap) - rowGap + 2 * margin;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const placed = new Map<string, PlacedNode>();
  columns.forEach((members, at) => {
    const used = members.length * (boxHeight + rowGap) - rowGap;
    members.forEach((id, row) => {
      const node = byId.get(id);
      if (node) placed.set(id, { ...node, x: margin + at * (boxWidth + columnGap), y: (height - used) / 2 + row * (boxHeight + rowGap) });
    });
  });
  const lines = edges.flatMap((edge) => {
    const from = placed.get(edge.from);
    const to = placed.get(edge.to);
    return from && to ? [placeEdge(edge, from, to)] : [];
  });
  const width = Math.max(1, columns.length) * (boxWidth + columnGap) - columnGap + 2 * margin;
  return { nodes: [...placed.values()], edges: lines, width, height };
}
