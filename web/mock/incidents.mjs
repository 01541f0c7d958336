// Fifteen incidents with causes of the catalogue, told in both languages, as docs/http.md shapes them.
import { hostileTexts } from './hostile.mjs';
import { iso, minutes, randomFrom } from './random.mjs';

const quote = (source, text) => ({ source, quote: text });
const action = (type, object, cls, command, text, text_zh) => ({ type, object, class: cls, command, text, text_zh });
const undo = (ns, name) =>
  action('rollout_undo', `deployment/${ns}/${name}`, 'ask', `kubectl -n ${ns} rollout undo deployment/${name}`, `Go back to the revision of ${name} that worked.`, `将 ${name} 回退到上一个正常的版本。`);

const rows = [
  {
    cluster: 'shop-prod', code: 'config.key-missing', severity: 'high', object: 'deployment/shop/cart', confidence: 0.97, age: 4, occurrences: 31,
    title: 'cart cannot start: ConfigMap shop/cart-config has no key DB_URL',
    title_zh: 'cart 无法启动：ConfigMap shop/cart-config 中没有键 DB_URL',
    evidence: [
      quote('event pod/shop/cart-7d9f6c5b8-x2xkp', "Error: couldn't find key DB_URL in ConfigMap shop/cart-config"),
      quote('configmap/shop/cart-config', 'keys: DB_HOST, LOG_LEVEL'),
      quote('replicaset/shop/cart-7d9f6c5b8', 'env DB_URL added: configMapKeyRef cart-config/DB_URL'),
    ],
    actions: [
      undo('shop', 'cart'),
      action('edit', 'configmap/shop/cart-config', 'none', "kubectl -n shop patch configmap cart-config --type merge -p '{\"data\":{\"DB_URL\":\"…\"}}'", 'Or add the missing key with the value this service expects.', '或者为该服务补上缺少的键和值。'),
    ],
    pods: ['cart-7d9f6c5b8-x2xkp', 'cart-7d9f6c5b8-lm4qs', 'cart-7d9f6c5b8-9zrtw'], service: 'cart', ingress: 'shop', downstream: [['deployment/shop/checkout', 'calls http://cart:8080, which has no endpoints', '调用 http://cart:8080，该 Service 没有端点']],
    change: ['revision 12 → 13: env DB_URL added', '版本 12 → 13：新增环境变量 DB_URL'],
    ruled_out: [
      ['config.configmap-missing', 'ConfigMap shop/cart-config is there', 'ConfigMap shop/cart-config 存在'],
      ['image.not-found', 'the image was pulled in 1.2 s', '镜像已在 1.2 秒内拉取完成'],
      ['crash.oom', 'no container of these Pods has started yet', '这些 Pod 的容器都还没有启动'],
    ],
    not_checked: [{ what: 'Secrets of namespace shop', why: 'no permission: list secrets', costs: ['config.secret-missing'] }],
  },
  {
    cluster: 'shop-prod', code: 'image.not-found', severity: 'high', object: 'deployment/shop/checkout', confidence: 0.99, age: 11, occurrences: 58,
    title: 'checkout cannot pull its image: tag registry.shop.example/checkout:v41-rc is not there',
    title_zh: 'checkout 无法拉取镜像：registry.shop.example/checkout:v41-rc 不存在',
    evidence: [quote('pod/shop/checkout-5b7c9d-8hk2m', 'Failed to pull image "registry.shop.example/checkout:v41-rc": manifest unknown')],
    actions: [undo('shop', 'checkout')], pods: ['checkout-5b7c9d-8hk2m', 'checkout-5b7c9d-tt6vw'], service: 'checkout',
    change: ['revision 40 → 41: image v40 → v41-rc', '版本 40 → 41：镜像 v40 → v41-rc'],
    ruled_out: [['image.auth', 'the registry answered "manifest unknown", not "unauthorized"', '镜像仓库的应答是 manifest unknown，而不是 unauthorized']],
  },
  {
    cluster: 'data-prod', code: 'node.kubelet-down', severity: 'critical', object: 'node//worker-7', confidence: 0.94, age: 9, occurrences: 22,
    title: 'Node worker-7 stopped reporting: no heartbeat of its kubelet for 9 minutes',
    title_zh: '节点 worker-7 失去上报：kubelet 已 9 分钟没有心跳',
    evidence: [
      quote('node//worker-7', 'Ready=Unknown NodeStatusUnknown: Kubelet stopped posting node status.'),
      quote('lease/kube-node-lease/worker-7', 'renewTime is 9m12s old, duration 40s'),
    ],
    actions: [
      action('drain', 'node//worker-7', 'ask', 'kubectl drain worker-7 --ignore-daemonsets --delete-emptydir-data', 'Move its Pods away if the host does not come back.', '如果主机无法恢复，将其上的 Pod 迁走。'),
      action('check', 'node//worker-7', 'none', 'ssh worker-7 systemctl status kubelet', 'Look at the host: power, network, kubelet.', '检查主机：电源、网络、kubelet。'),
    ],
    node: 'worker-7', pods: ['kafka-2', 'etl-runner-0', 'clickhouse-4'], ns: 'data', service: 'kafka',
    downstream: [['statefulset/data/kafka', '2 of 3 ready', '3 个副本中 2 个就绪'], ['statefulset/data/clickhouse', '5 of 6 ready', '6 个副本中 5 个就绪'], ['deployment/data/ingest', 'produces to kafka, retries', '向 kafka 写入，正在重试']],
    ruled_out: [['node.runtime-down', 'the last condition before the silence had a working container runtime', '失联前最后一次上报时容器运行时正常']],
    not_checked: [{ what: 'the host itself', why: 'an agent sees nothing outside the API server', costs: ['node.not-ready'] }],
  },
  {
    cluster: 'pay-prod', code: 'crash.oom', severity: 'high', object: 'deployment/pay/ledger', confidence: 0.95, age: 26, occurrences: 14,
    title: 'ledger is killed for memory: container app needs more than its limit of 256Mi since revision 8',
    title_zh: 'ledger 因内存不足被终止：自版本 8 起，容器 app 的用量超过 256Mi 上限',
    evidence: [
      quote('pod/pay/ledger-6f8d7-q9kzs', 'lastState.terminated: OOMKilled, exit code 137, after 41s'),
      quote('replicaset/pay/ledger-6f8d7', 'limits.memory 512Mi → 256Mi'),
    ],
    actions: [action('patch_limit', 'deployment/pay/ledger', 'ask', "kubectl -n pay set resources deployment/ledger -c app --limits=memory=512Mi", 'Give it back the limit it had.', '恢复原来的内存上限。'), undo('pay', 'ledger')],
    pods: ['ledger-6f8d7-q9kzs', 'ledger-6f8d7-w4trd'], service: 'ledger', change: ['revision 7 → 8: limits.memory 512Mi → 256Mi', '版本 7 → 8：limits.memory 512Mi → 256Mi'],
    ruled_out: [['crash.memory-leak', 'killed within a minute of each start, not after growing', '每次启动后一分钟内即被终止，并非逐渐增长']],
  },
  {
    cluster: 'edge-cn-1', code: 'image.registry-unreachable', severity: 'high', object: 'daemonset/edge/gateway', confidence: 0.9, age: 38, occurrences: 73,
    title: 'gateway cannot pull its image: registry.edge.example does not resolve on these nodes',
    title_zh: 'gateway 无法拉取镜像：这些节点无法解析 registry.edge.example',
    evidence: [quote('pod/edge/gateway-4kq8d', 'failed to do request: Head "https://registry.edge.example/v2/gateway/manifests/2.4": dial tcp: lookup registry.edge.example: no such host'), quote('pod/edge/gateway-4kq8d 的日志', '警告：镜像仓库不可用，使用本地缓存失败')],
    actions: [action('wait', 'daemonset/edge/gateway', 'ok', null, 'Look again in five minutes; the kubelet keeps trying.', '五分钟后再看；kubelet 会持续重试。')],
    pods: ['gateway-4kq8d'], ns: 'edge', service: 'gateway',
  },
  {
    cluster: 'edge-eu-1', code: 'image.registry-unreachable', severity: 'high', object: 'daemonset/edge/gateway', confidence: 0.9, age: 37, occurrences: 70,
    title: 'gateway cannot pull its image: registry.edge.example does not resolve on these nodes',
    title_zh: 'gateway 无法拉取镜像：这些节点无法解析 registry.edge.example',
    evidence: [quote('pod/edge/gateway-7vx2p', 'dial tcp: lookup registry.edge.example on 10.96.0.10:53: no such host')],
    actions: [action('wait', 'daemonset/edge/gateway', 'ok', null, 'Look again in five minutes; the kubelet keeps trying.', '五分钟后再看；kubelet 会持续重试。')],
    pods: ['gateway-7vx2p'], ns: 'edge', service: 'gateway',
  },
  {
    cluster: 'shop-stage', code: 'probe.wrong-port', severity: 'medium', object: 'deployment/shop/search-ui', confidence: 0.88, age: 52, occurrences: 120,
    title: 'search-ui never becomes ready: its readiness probe asks port 8080, the container listens on 3000',
    title_zh: 'search-ui 一直未就绪：就绪探针访问 8080 端口，容器监听的是 3000',
    evidence: [quote('pod/shop/search-ui-84c6-zz9kd', 'Readiness probe failed: Get "http://10.2.4.19:8080/healthz": connect: connection refused'), quote('pod/shop/search-ui-84c6-zz9kd log', 'listening on 0.0.0.0:3000')],
    actions: [action('patch_probe', 'deployment/shop/search-ui', 'ask', "kubectl -n shop patch deployment search-ui --type json -p '[{\"op\":\"replace\",\"path\":\"/spec/template/spec/containers/0/readinessProbe/httpGet/port\",\"value\":3000}]'", 'Point the probe at the port the container listens on.', '将探针指向容器实际监听的端口。')],
    pods: ['search-ui-84c6-zz9kd'], service: 'search-ui',
  },
  {
    cluster: 'search-prod', code: 'sched.insufficient-memory', severity: 'medium', object: 'statefulset/search/index', confidence: 0.91, age: 71, occurrences: 44,
    title: 'index-4 cannot be placed: it asks for 48Gi, the best node has 21.4Gi free',
    title_zh: 'index-4 无法调度：请求 48Gi 内存，最空闲的节点仅剩 21.4Gi',
    evidence: [quote('pod/search/index-4', '0/31 nodes are available: 31 Insufficient memory. preemption: 0/31 nodes are available')],
    actions: [action('edit', 'statefulset/search/index', 'none', null, 'Lower the request, or add a node with at least 48Gi free.', '降低内存请求，或增加一台可用内存不少于 48Gi 的节点。')],
    pods: ['index-4'],
  },
  {
    cluster: 'ml-train', code: 'sched.insufficient-extended', severity: 'medium', object: 'job/train/embed-2b', confidence: 0.93, age: 130, occurrences: 61,
    title: 'embed-2b waits for GPUs: it asks for 8 nvidia.com/gpu on one node, no node has more than 4',
    title_zh: 'embed-2b 在等待 GPU：单节点请求 8 个 nvidia.com/gpu，而任何节点最多只有 4 个',
    evidence: [quote('pod/train/embed-2b-7xk2c', '0/18 nodes are available: 18 Insufficient nvidia.com/gpu.')],
    actions: [], pods: ['embed-2b-7xk2c'],
  },
  {
    cluster: 'ops-tools', code: 'pvc.storageclass', severity: 'high', object: 'persistentvolumeclaim/ci/cache', confidence: 0.96, age: 15, occurrences: 9,
    title: 'Claim ci/cache stays Pending: StorageClass fast-ssd does not exist; the nearest name is ssd-fast',
    title_zh: 'PVC ci/cache 一直处于 Pending：StorageClass fast-ssd 不存在，名称最接近的是 ssd-fast',
    evidence: [quote('persistentvolumeclaim/ci/cache', 'storageclass.storage.k8s.io "fast-ssd" not found'), quote('storageclass', 'ssd-fast (default), nfs')],
    actions: [], pods: ['runner-0'], ns: 'ci',
  },
  {
    cluster: 'lab', code: 'crash.app-error', severity: 'low', object: `deployment/play/${hostileTexts[0]}`, confidence: 0.61, age: 7, occurrences: 18,
    title: `playground exits with: ${hostileTexts[1]} ${hostileTexts[10]} ${hostileTexts[11]}`,
    title_zh: `playground 退出：${hostileTexts[2]} ${hostileTexts[12]}`,
    evidence: hostileTexts.map((text, i) => quote(`pod/play/hostile-${i}`, text)),
    actions: [action('restart', 'deployment/play/hostile', 'ask', `kubectl -n play rollout restart deployment/x # ${hostileTexts[4]}`, hostileTexts[5], hostileTexts[6])],
    pods: ['hostile-0', hostileTexts[3], `long-${'name-'.repeat(40)}`], ns: 'play', service: hostileTexts[1],
    ruled_out: [[hostileTexts[8], hostileTexts[9], hostileTexts[14]]], not_checked: [{ what: hostileTexts[7], why: hostileTexts[13], costs: [hostileTexts[0]] }],
  },
  {
    cluster: 'search-prod', code: null, severity: 'medium', object: 'deployment/search/rank', confidence: null, age: 0.4, occurrences: 2, phase: 'collecting', title: null, title_zh: null, evidence: [], actions: [], pods: ['rank-59cf-2kkzd'],
  },
  {
    cluster: 'pay-prod', code: 'admission.quota', severity: 'high', object: 'replicaset/pay/refund-7c4d', confidence: 0.98, age: 190, closed: 21, occurrences: 33,
    title: 'refund cannot create Pods: quota pay-default allows 40 CPU, 39.6 are used',
    title_zh: 'refund 无法创建 Pod：配额 pay-default 上限 40 CPU，已用 39.6',
    evidence: [quote('replicaset/pay/refund-7c4d', 'exceeded quota: pay-default, requested: requests.cpu=2, used: requests.cpu=39600m, limited: requests.cpu=40')], actions: [], pods: [],
  },
  {
    cluster: 'shop-prod', code: 'workload.bad-rollout', severity: 'high', object: 'deployment/shop/web', confidence: 0.86, age: 62, closed: 33, occurrences: 40,
    title: 'web fails since revision 57: command changed, exit code 127', title_zh: 'web 自版本 57 起失败：启动命令被修改，退出码 127',
    evidence: [quote('pod/shop/web-6c9b-kk8rt', 'exec: "ngnix": executable file not found in $PATH')], actions: [undo('shop', 'web')], pods: ['web-6c9b-kk8rt'], service: 'web',
    change: ['revision 56 → 57: command nginx → ngnix', '版本 56 → 57：command nginx → ngnix'],
  },
  {
    cluster: 'data-prod', code: 'dns.coredns', severity: 'critical', object: 'deployment/kube-system/coredns', confidence: 0.92, age: 700, closed: 655, occurrences: 210,
    title: 'Names do not resolve in data-prod: CoreDNS has no ready Pod after a Corefile with an unknown plugin', title_zh: 'data-prod 内域名无法解析：Corefile 引用了未知插件，CoreDNS 没有就绪的 Pod',
    evidence: [quote('pod/kube-system/coredns-5d78-9s2kf log', "/etc/coredns/Corefile:7 - Error during parsing: Unknown directive 'forwrad'")], actions: [], pods: ['coredns-5d78-9s2kf', 'coredns-5d78-mm3qx'], service: 'kube-dns',
  },
];

function affectedOf(row, ns) {
  const nodes = [{ object: row.object, role: 'root', state: row.code?.startsWith('node') ? 'Unknown' : '0 ready', detail: row.code }];
  const edges = [];
  if (row.code === 'config.key-missing') {
    nodes.unshift({ object: 'configmap/shop/cart-config', role: 'root', state: 'no key DB_URL', detail: 'keys: DB_HOST, LOG_LEVEL' });
    edges.push({ from: 'deployment/shop/cart', to: 'configmap/shop/cart-config', kind: 'references' });
    nodes[1].role = 'victim';
  }
  for (const name of row.pods) {
    const pod = `pod/${ns}/${name}`;
    nodes.push({ object: pod, role: 'victim', state: 'not ready', detail: null });
    edges.push(row.node ? { from: pod, to: row.object, kind: 'runs-on' } : { from: row.object, to: pod, kind: 'owns' });
    if (row.service) edges.push({ from: `service/${ns}/${row.service}`, to: pod, kind: 'selects' });
  }
  if (row.service) nodes.push({ object: `service/${ns}/${row.service}`, role: 'victim', state: 'no endpoints', detail: null });
  if (row.ingress) {
    nodes.push({ object: `ingress/${ns}/${row.ingress}`, role: 'context', state: '503', detail: null });
    edges.push({ from: `ingress/${ns}/${row.ingress}`, to: `service/${ns}/${row.service}`, kind: 'references' });
  }
  for (const [object, why] of row.downstream ?? []) {
    nodes.push({ object, role: 'victim', state: 'degraded', detail: why });
    edges.push({ from: object, to: row.service ? `service/${ns}/${row.service}` : row.object, kind: 'references' });
  }
  return { nodes, edges };
}

function stepsOf(opened, row) {
  const steps = [
    [0, 'Incident opened: 2 events of the same owner within 5 s', '故障建立：5 秒内同一归属对象出现 2 个事件'],
    [120, 'Evidence asked of the agent (one signed command)', '向 Agent 请求证据（一条签名命令）'],
  ];
  if (row.phase !== 'collecting') {
    steps.push([430, 'Evidence came back: 14 objects, 61 KiB, 3 logs', '证据返回：14 个对象，61 KiB，3 份日志']);
    steps.push([447, `Cause named by rule ${row.code}`, `规则 ${row.code} 判定了原因`]);
    steps.push([520, 'Report written', '报告已生成']);
  }
  return steps.map(([ms, text, text_zh]) => ({ at: iso(opened + ms), kind: 'step', severity: null, object: null, text, text_zh, ref: null }));
}

function verdictOf(row, ns, opened) {
  if (row.phase === 'collecting') return null;
  const affected = affectedOf(row, ns);
  return {
    verdict: row.closed ? 'recovered' : 'fault',
    roots: [{ code: row.code, object: row.object, confidence: row.confidence, severity: row.severity, statement: row.title, statement_zh: row.title_zh, evidence: row.evidence.map((entry, i) => ({ ...entry, at: iso(opened + i * 900) })), actions: row.actions }],
    victims: affected.nodes.filter((node) => node.role === 'victim').map((node) => ({ object: node.object, why: node.detail ?? node.state, why_zh: node.detail ?? node.state })),
    ruled_out: (row.ruled_out ?? []).map(([code, why, why_zh]) => ({ code, why, why_zh })),
    not_checked: row.not_checked ?? [],
    changes: row.change ? [{ object: row.object, at: iso(opened - 52_000), text: row.change[0], text_zh: row.change[1] }] : [],
    calls: 9 + row.occurrences % 7,
    ms: 17,
  };
}

function make(row, i, now, random) {
  const opened = now - minutes(row.age) - 3_000;
  const ns = row.ns ?? row.object.split('/')[1];
  const closed = row.closed ? now - minutes(row.closed) : null;
  const verdict = verdictOf(row, ns, opened);
  const spark = Array.from({ length: 12 }, (_, k) => (k === 0 ? 0 : random.below(3 + Math.ceil(row.occurrences / 8))));
  const item = {
    id: `i-${(0x7a2 + i * 37).toString(36)}`,
    cluster_id: row.cluster,
    state: closed ? 'closed' : 'open',
    phase: row.phase ?? (closed ? 'closed' : 'reported'),
    opened_at: iso(opened),
    diagnosed_at: verdict ? iso(opened + 447) : null,
    reported_at: verdict ? iso(opened + 520) : null,
    closed_at: closed ? iso(closed) : null,
    updated_at: iso(closed ?? now - 4_000),
    title: row.title,
    title_zh: row.title_zh,
    severity: row.severity,
    code: row.code,
    family: row.code?.split('.')[0] ?? null,
    object: row.object,
    namespace: ns,
    confidence: row.confidence,
    victims: verdict?.victims.length ?? 0,
    occurrences: row.occurrences,
    spark,
    verdict,
  };
  const timeline = [
    ...(verdict?.changes ?? []).map((change) => ({ at: change.at, kind: 'change', severity: null, object: change.object, text: change.text, text_zh: change.text_zh, ref: null })),
    ...stepsOf(opened, row),
  ];
  if (closed) timeline.push({ at: iso(closed), kind: 'step', severity: null, object: row.object, text: 'Healthy again: incident closed', text_zh: '对象恢复正常，故障关闭', ref: null });
  const detail = {
    affected: affectedOf(row, ns),
    timeline,
    joined: row.pods.map((name, k) => ({ object: `pod/${ns}/${name}`, at: iso(opened + 300 * k), why: row.node ? `runs on ${row.node}` : `owned by ${row.object}`, why_zh: row.node ? `运行在 ${row.node} 上` : `归属于 ${row.object}` })),
    similar: i % 3 === 0 ? [{ id: 'i-1q9', cluster_id: 'shop-stage', title: row.title, title_zh: row.title_zh, opened_at: iso(now - minutes(60 * 24 * 9)), closed_at: iso(now - minutes(60 * 24 * 9 - 14)) }] : [],
    knowledge: row.code ? { id: row.code, code: row.code } : null,
    report: verdict !== null,
    not_checked: row.not_checked ?? [],
  };
  return { item, detail, row, ns };
}

export function makeIncidents(now) {
  const random = randomFrom(11);
  return rows.map((row, i) => make(row, i, now, random));
}
