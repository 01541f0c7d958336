import { expect, test } from 'vitest';
import type { Affected } from './contract';
import { boxHeight, boxWidth, layoutGraph, nodesMax } from './graph';

const affected: Affected = {
  nodes: [
    { object: 'configmap/shop/cart-config', role: 'root' },
    { object: 'deployment/shop/cart', role: 'victim' },
    { object: 'pod/shop/cart-a', role: 'victim' },
    { object: 'pod/shop/cart-b', role: 'victim' },
    { object: 'service/shop/cart', role: 'victim' },
  ],
  edges: [
    { from: 'deployment/shop/cart', to: 'configmap/shop/cart-config', kind: 'references' },
    { from: 'deployment/shop/cart', to: 'pod/shop/cart-a', kind: 'owns' },
    { from: 'deployment/shop/cart', to: 'pod/shop/cart-b', kind: 'owns' },
    { from: 'service/shop/cart', to: 'pod/shop/cart-a', kind: 'selects' },
    { from: 'service/shop/cart', to: 'pod/shop/cart-b', kind: 'selects' },
  ],
};

const overlap = (layout: ReturnType<typeof layoutGraph>) =>
  layout.nodes.some((a, i) => layout.nodes.some((b, k) => k > i && Math.abs(a.x - b.x) < boxWidth && Math.abs(a.y - b.y) < boxHeight));

test('the root stands on the left, each step away from it one column further', () => {
  const x = new Map(layoutGraph(affected).nodes.map((node) => [node.object, node.x]));
  const steps = ['configmap/shop/cart-config', 'deployment/shop/cart', 'pod/shop/cart-a', 'service/shop/cart'].map((object) => x.get(object) ?? -1);
  expect([...steps].sort((a, b) => a - b)).toEqual(steps);
  expect(x.get('pod/shop/cart-a')).toBe(x.get('pod/shop/cart-b'));
});

test('boxes do not overlap and lie inside the picture', () => {
  const layout = layoutGraph(affected);
  expect(overlap(layout)).toBe(false);
  for (const node of layout.nodes) {
    expect(node.x + boxWidth).toBeLessThanOrEqual(layout.width);
    expect(node.y + boxHeight).toBeLessThanOrEqual(layout.height);
  }
});

test('a line runs from the object that owns, selects or refers to the other, wherever the two stand', () => {
  const layout = layoutGraph(affected);
  const at = new Map(layout.nodes.map((node) => [node.object, node]));
  for (const edge of layout.edges) {
    const [from, to] = [at.get(edge.from), at.get(edge.to)];
    const ends = /^M(\S+) (\S+)C.* (\S+) (\S+)$/.exec(edge.path)?.slice(1).map(Number);
    const back = (from?.x ?? 0) > (to?.x ?? 0);
    expect(ends).toEqual([(from?.x ?? 0) + (back ? 0 : boxWidth), (from?.y ?? 0) + boxHeight / 2, (to?.x ?? 0) + (back ? boxWidth : 0), (to?.y ?? 0) + boxHeight / 2]);
  }
});

test('the same input gives the same picture, whatever the order of its parts', () => {
  const turned = { nodes: [...affected.nodes].reverse(), edges: [...affected.edges].reverse() };
  const places = (layout: ReturnType<typeof layoutGraph>) => layout.nodes.map((node) => `${node.object} ${node.x} ${node.y}`).sort();
  expect(places(layoutGraph(turned))).toEqual(places(layoutGraph(affected)));
});

test('a hundred pods of one owner are a few boxes and a count', () => {
  const pods = Array.from({ length: 100 }, (_, i) => `pod/shop/p-${i}`);
  const layout = layoutGraph({
    nodes: [{ object: 'node//worker-1', role: 'root' }, ...pods.map((object) => ({ object, role: 'victim' as const }))],
    edges: pods.map((object) => ({ from: object, to: 'node//worker-1', kind: 'runs-on' })),
  });
  expect(layout.nodes.length).toBe(6);
  expect(layout.nodes.reduce((sum, node) => sum + node.members, 0)).toBe(101);
  expect(layout.nodes.find((node) => node.members > 1)?.members).toBe(96);
});

test('cycles, lines to unknown objects, and no root at all still give a picture', () => {
  const layout = layoutGraph({
    nodes: [{ object: 'pod/a/x', role: 'victim' }],
    edges: [
      { from: 'pod/a/x', to: 'pod/a/y', kind: 'references' },
      { from: 'pod/a/y', to: 'pod/a/x', kind: 'references' },
      { from: 'pod/a/x', to: 'pod/a/x', kind: 'references' },
    ],
  });
  expect(layout.nodes.map((node) => node.object).sort()).toEqual(['pod/a/x', 'pod/a/y']);
  expect(layoutGraph({ nodes: [], edges: [] }).nodes).toEqual([]);
});

test('a huge graph is cut where nobody could read it', () => {
  const nodes = Array.from({ length: 1_000 }, (_, i) => ({ object: `kind${i}/ns/n`, role: 'victim' as const }));
  expect(layoutGraph({ nodes, edges: [] }).nodes.length).toBe(nodesMax);
});
