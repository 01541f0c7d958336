// The invented fleet: twelve clusters in four regions, of which one is lost, one lags, one waits for approval.
import { iso, minutes, randomFrom } from './random.mjs';

const rows = [
  ['shop-prod', 'online', 'healthy', 42, 'eu-west', 'prod', 41.2],
  ['shop-stage', 'online', 'healthy', 6, 'eu-west', 'stage', 3.1],
  ['pay-prod', 'online', 'healthy', 24, 'eu-west', 'prod', 18.4],
  ['pay-dr', 'offline', 'unknown', 12, 'eu-north', 'prod', null],
  ['data-prod', 'degraded', 'degraded', 130, 'eu-north', 'prod', 96.7],
  ['search-prod', 'online', 'healthy', 31, 'us-east', 'prod', 22.9],
  ['edge-eu-1', 'online', 'healthy', 3, 'eu-west', 'edge', 1.2],
  ['edge-cn-1', 'online', 'healthy', 3, 'cn-north', 'edge', 1.6],
  ['ml-train', 'online', 'healthy', 18, 'us-east', 'prod', 7.5],
  ['ops-tools', 'online', 'healthy', 5, 'us-east', 'tools', 2.4],
  ['lab', 'online', 'unhealthy', 2, 'cn-north', 'lab', 4.4],
  ['intake-cn-2', 'pending', 'unknown', null, 'cn-north', 'edge', null],
];

const reasons = {
  offline: 'no heartbeat for 95 s; the last one said healthy',
  degraded: 'API server answers slowly: events are 48 s old',
  pending: 'a new cluster waits for a person\'s consent',
};

const denied = [
  { capability: 'read secrets (metadata)', verb: 'list', resource: 'secrets', costs: ['config.secret-missing', 'image.auth', 'ingress.tls-missing'] },
  { capability: 'read network policies', verb: 'list', resource: 'networkpolicies.networking.k8s.io', costs: ['netpol.blocking'] },
];

const settings = {
  heartbeat_interval: '10s',
  metrics_interval: '30s',
  spool_dir: '/var/lib/aetherius',
  spool_bytes_max: 268435456,
  batch_bytes: 65536,
  compression: 'zstd',
  log_level: 'info',
};

function cluster([id, state, health, nodes, region, env, rate], i, now, random) {
  const slow = state === 'degraded';
  const silent = state === 'offline' || state === 'pending';
  const events = rate === null ? 3_100 : Math.round(rate * 86_400);
  return {
    cluster_id: id,
    cluster_name: id,
    cluster_uid: `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`,
    state,
    state_since: iso(now - (silent ? minutes(2) + 9_000 : slow ? minutes(17) : minutes(60 * 24 * (3 + i)))),
    state_reason: reasons[state] ?? null,
    health,
    health_reasons: slow ? ['watch of events is 48 s behind', 'API server: 3 of 10 requests above 5 s'] : health === 'unhealthy' ? ['spool: no space left on device', 'node metrics: metrics.k8s.io is not served'] : [],
    version: state === 'pending' ? '0.1.0' : i % 5 === 3 ? '0.0.9' : '0.1.0',
    kubernetes_version: ['v1.36.3', 'v1.35.6', 'v1.34.9'][i % 3],
    nodes,
    labels: { region, env },
    capabilities: ['event_watch', 'metrics_collect', 'command_execute', 'evidence_collect'],
    capabilities_denied: i % 4 === 2 ? denied : [],
    instance: `${id}-agent-${random.word(5)}`,
    epoch: 4 + i,
    watch_age_ms: silent ? null : slow ? 48_200 : 350 + random.below(1600),
    spool: silent && state === 'pending' ? null : { records: slow ? 2_310 : random.below(12), bytes: slow ? 3_400_000 : 9_000, oldest_ms: slow ? 46_000 : 400, dropped: id === 'lab' ? 12 : 0 },
    clock_offset_ms: silent ? null : id === 'edge-cn-1' ? 4_310 : random.below(60) - 30,
    watermark: { epoch: 4 + i, seq: events },
    events_total: events,
    events_per_second: rate,
    metrics_total: 2_880 * (i + 1),
    commands_total: 14 + i * 3,
    gaps_total: ['data-prod', 'lab', 'pay-dr'].includes(id) ? 3 : 0,
    dead_letters: id === 'lab' ? 2 : 0,
    open_incidents: 0,
    worst_severity: null,
    last_seen: iso(now - (state === 'offline' ? minutes(2) + 9_000 : 900)),
    registered_at: iso(now - minutes(60 * 24 * 40)),
    started_at: iso(now - minutes(60 * 24 * (3 + i))),
    settings,
  };
}

/** `count` beyond the twelve adds plain clusters, to see the Fleet page with many. */
export function makeFleet(now, count = rows.length) {
  const random = randomFrom(7);
  const all = [...rows];
  while (all.length < count) {
    const i = all.length;
    all.push([`site-${String(i).padStart(3, '0')}`, i % 37 === 0 ? 'offline' : 'online', 'healthy', 1 + random.below(140), ['eu-west', 'eu-north', 'us-east', 'cn-north', 'ap-south'][i % 5], 'edge', random.between(0.5, 20)]);
  }
  return all.slice(0, count).map((row, i) => cluster(row, i, now, random));
}

const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function makeNodes(cluster, now) {
  const random = randomFrom(cluster.cluster_id.length * 977 + (cluster.nodes ?? 0));
  return Array.from({ length: cluster.nodes ?? 0 }, (_, i) => {
    const lost = cluster.cluster_id === 'data-prod' && i === 7;
    const pressed = cluster.cluster_id === 'shop-prod' && i === 3;
    const cores = [4000, 8000, 16000][i % 3];
    const memory = [16, 32, 64][i % 3] * 2 ** 30;
    return {
      name: `worker-${i}`,
      ready: !lost,
      conditions: [
        { type: 'Ready', status: lost ? 'Unknown' : 'True', reason: lost ? 'NodeStatusUnknown' : 'KubeletReady' },
        ...pressures.map((type) => ({ type, status: pressed && type === 'MemoryPressure' ? 'True' : lost ? 'Unknown' : 'False', reason: pressed && type === 'MemoryPressure' ? 'KubeletHasInsufficientMemory' : null })),
      ],
      unschedulable: i === 11,
      cpu_millicores: lost ? null : Math.round(cores * random.between(0.1, 0.85)),
      cpu_allocatable: cores - 200,
      memory_bytes: lost ? null : Math.round(memory * (pressed ? 0.96 : random.between(0.2, 0.8))),
      memory_allocatable: Math.round(memory * 0.97),
      pods: lost ? null : 8 + random.below(60),
      pods_allocatable: 110,
      kubelet_version: cluster.kubernetes_version,
      sampled_at: iso(now - (lost ? minutes(9) : 12_000)),
    };
  });
}

export function makeGaps(now) {
  return [
    ['data-prod', 'watch_expired', 46, 44, null, 'resume at 883120 was answered with 410 after 122 s without the API server; a new list found 214 objects'],
    ['data-prod', 'sequence', 17, 16.8, 31, 'expected seq 5512003, got 5512034 in epoch 8'],
    ['data-prod', 'agent_restart', 180, 179, null, 'epoch 7 ended without a last heartbeat'],
    ['lab', 'spool_overflow', 31, 24, 12, 'spool at 256 MiB: the oldest records of severity info were dropped'],
    ['lab', 'dead_letter', 122, 122, 2, 'event message refused: involved.name is missing'],
    ['pay-dr', 'agent_restart', 700, 698, null, 'epoch 6 ended without a last heartbeat'],
    ['pay-dr', 'watch_expired', 1400, 1390, null, 'resume at 120 was answered with 410; a new list found 12 objects'],
  ].map(([cluster_id, cause, from, to, count, detail], i) => ({
    id: `gap-${i + 1}`,
    cluster_id,
    from: iso(now - minutes(from)),
    to: iso(now - minutes(to)),
    cause,
    count,
    recorded_at: iso(now - minutes(to) + 2_000),
    detail,
  }));
}
