// Metric series of a cluster, or of one of its nodes: waves with noise, and holes where nothing was sampled.
import { randomFrom } from './random.mjs';

const shapes = {
  cpu: ['millicores', 0.45, 3_600],
  memory: ['bytes', 0.6, 18 * 2 ** 30],
  restarts: ['count', 0.03, 40],
  events: ['per_second', 0.4, 60],
  pods: ['count', 0.7, 40],
};

export function makeSeries(cluster, params, now) {
  const until = params.get('until') ? Date.parse(params.get('until')) : now;
  const since = params.get('since') ? Date.parse(params.get('since')) : until - 3_600_000;
  const wanted = (params.get('series') ?? Object.keys(shapes).join(',')).split(',').filter((name) => shapes[name]);
  const step = Math.max(30_000, Math.ceil((until - since) / 240 / 30_000) * 30_000);
  const lost = cluster.state === 'offline' ? now - 129_000 : Infinity;
  if (cluster.state === 'pending') return [];
  return wanted.map((name) => {
    const [unit, level, scale] = shapes[name];
    const random = randomFrom(name.length * 31 + cluster.cluster_id.length * 7);
    const size = name === 'events' ? (cluster.events_per_second ?? 1) * 2.4 : scale * (params.get('node') ? 1 : (cluster.nodes ?? 1));
    const points = [];
    for (let at = Math.ceil(since / step) * step; at <= until && at < lost; at += step) {
      const wave = level + 0.16 * Math.sin(at / 1_700_000) + 0.06 * random.between(-1, 1);
      const hole = name === 'cpu' && at % (step * 61) === 0;
      points.push([at, hole ? null : Math.max(0, name === 'restarts' ? Math.round(size * random.next() ** 9) : size * wave)]);
    }
    return { series: name, node: params.get('node') || null, unit, points };
  });
}
