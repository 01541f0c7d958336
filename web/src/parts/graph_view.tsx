// The affected objects as boxes and lines, from root to victims; below it the same as a list.
import type { Affected, AffectedRole } from '../contract';
import { boxHeight, boxWidth, layoutGraph, type PlacedNode } from '../graph';
import { text } from '../i18n';
import { objectLabel, parseObject } from '../object';
import { plainUntrusted } from '../untrusted';
import { fitMiddle } from '../width';
import { ObjectName } from './object_name';
import { Untrusted } from './untrusted';

/** Columns of text that fit a box: 12 px code font for the name, 11 px text for the rest. */
const nameColumns = 26;
const factColumns = 30;

function RoleMark({ role }: { role: AffectedRole }) {
  switch (role) {
    case 'root':
      return <path d="M14 8l6 6-6 6-6-6Z" class="role-mark" />;
    case 'victim':
      return <path d="M14 9l5.5 10h-11Z" class="role-mark" />;
    case 'context':
      return <circle cx="14" cy="14" r="4" class="role-mark" />;
  }
}

function Box({ node, hrefOf }: { node: PlacedNode; hrefOf: (object: string) => string }) {
  const t = text.value.incident;
  const ref = parseObject(node.object);
  const name = node.members > 1 ? t.moreLike(node.members, ref.kind) : plainUntrusted(objectLabel(ref));
  const fact = [t.role[node.role], plainUntrusted(node.state)].filter(Boolean).join(' · ');
  const whole = `${plainUntrusted(node.object)}: ${fact} ${plainUntrusted(node.detail)}`.trim();
  return (
    <g transform={`translate(${node.x} ${node.y})`}>
      <a href={hrefOf(node.object)} class={`box role-${node.role}`}>
        <title>{whole}</title>
        <rect width={boxWidth} height={boxHeight} rx="5" />
        <RoleMark role={node.role} />
        <text x="26" y="17" class="box-kind">
          {fitMiddle([node.members > 1 ? '' : ref.kind, t.role[node.role]].filter(Boolean).join(' · '), factColumns)}
        </text>
        <text x="10" y="33" class="box-name">
          {fitMiddle(name, nameColumns)}
        </text>
        <text x="10" y="49" class="box-kind">
          {fitMiddle(plainUntrusted(node.state), factColumns)}
        </text>
      </a>
    </g>
  );
}

export function GraphView({ affected, hrefOf }: { affected: Affected; hrefOf: (object: string) => string }) {
  const t = text.value.incident;
  const layout = layoutGraph(affected);
  return (
    <>
      <div class="graph" tabIndex={0} role="group" aria-label={t.graphLabel}>
        <svg width={layout.width} height={layout.height} viewBox={`0 0 ${layout.width} ${layout.height}`}>
          <defs>
            <marker id="edge-head" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M1 1l6 3-6 3Z" class="edge-head" />
            </marker>
          </defs>
          {layout.edges.map((edge) => (
            <path key={`${edge.from} ${edge.to} ${edge.kind}`} d={edge.path} class="edge" marker-end="url(#edge-head)" />
          ))}
          {layout.edges.map((edge) => (
            <text key={`${edge.from} ${edge.to} ${edge.kind}`} x={edge.labelX} y={edge.labelY + 3} class="edge-label">
              {t.edge[edge.kind as keyof typeof t.edge] ?? plainUntrusted(edge.kind).slice(0, 20)}
            </text>
          ))}
          {layout.nodes.map((node) => (
            <Box key={node.id} node={node} hrefOf={hrefOf} />
          ))}
        </svg>
      </div>
      <details class="as-list">
        <summary>{t.asList(affected.nodes.length)}</summary>
        <ul>
          {affected.nodes.map((node) => (
            <li key={node.object}>
              <span class="muted">{t.role[node.role]}</span> <ObjectName object={node.object} />{' '}
              <Untrusted text={[node.state, node.detail].filter(Boolean).join(' · ')} max={400} />
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}
