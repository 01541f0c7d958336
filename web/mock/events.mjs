// A day of events: the noise of a living fleet, and around each incident the events that it is made of.
import { hostileTexts } from './hostile.mjs';
import { iso, minutes, randomFrom } from './random.mjs';

const kinds = [
  ['Scheduled', 'info', 'Pod', 'default-scheduler', (name) => `Successfully assigned ${name} to worker-${name.length % 9}`],
  ['Pulled', 'info', 'Pod', 'kubelet', () => 'Container image already present on machine'],
  ['Created', 'info', 'Pod', 'kubelet', () => 'Created container: app'],
  ['Started', 'info', 'Pod', 'kubelet', () => 'Started container app'],
  ['Killing', 'info', 'Pod', 'kubelet', () => 'Stopping container app'],
  ['SuccessfulCreate', 'info', 'ReplicaSet', 'replicaset-controller', (name) => `Created pod: ${name}-x7k2d`],
  ['ScalingReplicaSet', 'info', 'Deployment', 'deployment-controller', (name) => `Scaled up replica set ${name}-6c9b from 2 to 3`],
  ['BackOff', 'medium', 'Pod', 'kubelet', (name) => `Back-off restarting failed container app in pod ${name}`],
  ['Unhealthy', 'medium', 'Pod', 'kubelet', () => 'Readiness probe failed: HTTP probe failed with statuscode: 503'],
  ['FailedScheduling', 'medium', 'Pod', 'default-scheduler', () => '0/31 nodes are available: 31 Insufficient memory.'],
  ['Failed', 'high', 'Pod', 'kubelet', () => 'Error: ImagePullBackOff'],
  ['FailedMount', 'medium', 'Pod', 'kubelet', () => 'MountVolume.SetUp failed for volume "config": configmap "app-config" not found'],
  ['NodeNotReady', 'critical', 'Node', 'node-controller', () => 'Node is not ready'],
  ['Evicted', 'high', 'Pod', 'kubelet', () => 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 71204Ki.'],
];
const weights = [14, 16, 14, 14, 6, 8, 5, 9, 9, 3, 2, 2, 0.3, 0.4];
const apps = ['cart', 'checkout', 'web', 'ledger', 'rank', 'ingest', 'gateway', 'search-ui', 'refund', 'index', 'mailer', 'auth'];
const spaces = ['shop', 'pay', 'search', 'data', 'edge', 'kube-system', 'ci'];

function weighted(random) {
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i += 1) {
    left -= weights[i];
    if (left < 0) return kinds[i];
  }
  return kinds[0];
}

export class EventMaker {
  constructor(clusters) {
    this.random = randomFrom(3);
    this.clusters = clusters.filter((cluster) => cluster.events_per_second);
    this.version = 883_000;
  }

  event(at, { cluster, namespace, name, kind, incident, count = 1, uid } = {}) {
    const { random } = this;
    const [reason, severity, involvedKind, component, message] = kind ?? weighted(random);
    const app = random.pick(apps);
    const involvedName = name ?? (involvedKind === 'Node' ? `worker-${random.below(20)}` : involvedKind === 'Pod' ? `${app}-${random.word(5)}-${random.word(5)}` : app);
    const scope = involvedKind === 'Node' ? null : (namespace ?? random.pick(spaces));
    const own = uid ?? `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-9${random.hex(3)}-${random.hex(12)}`;
    this.version += 1 + random.below(9);
    return {
      id: `${own}.${this.version}`,
      cluster_id: cluster ?? random.pick(this.clusters).cluster_id,
      type: 'k8s_event',
      source: component,
      namespace: scope,
      severity,
      message: message(involvedName),
      timestamp: iso(at),
      reported_at: iso(at + 60),
      stored_at: iso(at + 110),
      event_type: severity === 'info' ? 'Normal' : 'Warning',
      uid: own,
      resource_version: String(this.version),
      reason,
      involved: { kind: involvedKind, namespace: scope, name: involvedName, uid: `${own.slice(0, 24)}0b1ec7000000`, api_version: 'v1', field_path: involvedKind === 'Pod' ? 'spec.containers{app}' : null },
      owner: involvedKind === 'Pod' ? { kind: 'ReplicaSet', name: involvedName.split('-').slice(0, 2).join('-') } : null,
      count,
      delta: 1,
      first_seen: iso(at - count * 21_000),
      last_seen: iso(at),
      component,
      node: involvedKind === 'Pod' ? `worker-${involvedName.length % 9}` : null,
      scope: scope ? 'namespaced' : 'cluster',
      fingerprint: random.hex(16),
      epoch: 4,
      seq: this.version,
      incident_id: incident ?? null,
    };
  }
}

function ofIncident(maker, { item, row, ns }, now) {
  const found = [];
  const opened = Date.parse(item.opened_at);
  const until = item.closed_at ? Date.parse(item.closed_at) : now;
  const quotes = row.evidence.length > 0 ? row.evidence : [{ quote: 'Back-off restarting failed container' }];
  const objects = row.pods.length > 0 ? row.pods : [row.object.split('/').at(-1)];
  objects.forEach((name, k) => {
    const uid = `${maker.random.hex(8)}-0000-4000-8000-${maker.random.hex(12)}`;
    const times = Math.min(12, Math.max(1, Math.floor((until - opened) / 20_000)));
    for (let i = 0; i < times; i += 1) {
      const at = opened + 900 * k + ((until - opened) / times) * i;
      const kind = [row.node ? 'NodeNotReady' : row.code?.startsWith('sched') ? 'FailedScheduling' : i === 0 ? 'Failed' : 'BackOff', row.severity, row.node ? 'Node' : 'Pod', row.code?.startsWith('sched') ? 'default-scheduler' : 'kubelet', () => quotes[k % quotes.length].quote];
      found.push(maker.event(at, { cluster: item.cluster_id, namespace: ns, name: row.node ?? name, kind, incident: item.id, count: i * 3 + 1, uid }));
    }
  });
  return found;
}

/** Newest first, as the API lists them. */
export function makeEvents(clusters, incidents, now, count) {
  const maker = new EventMaker(clusters);
  const events = incidents.flatMap((incident) => ofIncident(maker, incident, now));
  hostileTexts.forEach((text, i) => {
    events.push(maker.event(now - minutes(2 + i * 3), { cluster: 'lab', namespace: 'play', name: i % 2 ? text.slice(0, 80) : `hostile-${i}`, kind: ['Failed', 'low', 'Pod', 'kubelet', () => text] }));
  });
  for (let i = 0; i < 30; i += 1) {
    events.push(maker.event(now - minutes(i * 11), { cluster: 'edge-cn-1', namespace: 'edge', kind: ['Unhealthy', 'medium', 'Pod', 'kubelet', () => '就绪探针失败：连接上游服务超时（5 秒），请检查网络策略'] }));
  }
  const span = minutes(60 * 24);
  while (events.length < count) {
    const back = maker.random.next() ** 1.08 * span;
    events.push(maker.event(now - back, { count: 1 + (maker.random.below(6) === 0 ? maker.random.below(40) : 0) }));
  }
  events.sort((a, b) => (a.timestamp < b.timestamp ? 1 : a.timestamp > b.timestamp ? -1 : a.id < b.id ? 1 : -1));
  return { events, maker };
}

export function rawOf(event) {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${event.involved.name}.${event.uid.slice(0, 8)}`, namespace: event.namespace ?? 'default', uid: event.uid, resourceVersion: event.resource_version, creationTimestamp: event.first_seen },
    involvedObject: { kind: event.involved.kind, namespace: event.involved.namespace, name: event.involved.name, uid: event.involved.uid, apiVersion: 'v1', fieldPath: event.involved.field_path },
    reason: event.reason,
    message: event.message,
    source: { component: event.component, host: event.node },
    firstTimestamp: event.first_seen,
    lastTimestamp: event.last_seen,
    count: event.count,
    type: event.event_type,
    reportingComponent: event.component,
  };
}
