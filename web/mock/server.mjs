// A gateway that is not one: docs/http.md answered from an invented fleet, with the gateway's security headers.
// For developing the dashboard and for its browser tests. Listens on 127.0.0.1 only.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { makeEvents, rawOf } from './events.mjs';
import { makeFleet, makeGaps, makeNodes } from './fleet.mjs';
import { makeIncidents } from './incidents.mjs';
import { makeKnowledge } from './knowledge.mjs';
import { makeSeries } from './series.mjs';
import { report } from './report.mjs';
import { Stream } from './stream.mjs';
import { iso } from './random.mjs';

export const contentSecurityPolicy = "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'; object-src 'none'";

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };

export class World {
  /** @param {{ now?: number, events?: number, clusters?: number, insecure?: boolean }} options */
  constructor({ now = Date.now(), events = 20_000, clusters = 12, insecure = false } = {}) {
    this.started = now;
    this.insecure = insecure;
    this.clusters = makeFleet(now, clusters);
    this.incidents = makeIncidents(now);
    this.gaps = makeGaps(now);
    this.knowledge = makeKnowledge(this.incidents);
    const made = makeEvents(this.clusters, this.incidents, now, events);
    this.events = made.events;
    this.maker = made.maker;
    this.countIncidents();
  }

  countIncidents() {
    const order = ['critical', 'high', 'medium', 'low', 'info'];
    for (const cluster of this.clusters) {
      const open = this.incidents.filter(({ item }) => item.cluster_id === cluster.cluster_id && item.state === 'open');
      cluster.open_incidents = open.length;
      cluster.worst_severity = order.find((severity) => open.some(({ item }) => item.severity === severity)) ?? null;
    }
  }

  status() {
    return {
      version: '0.1.0',
      started_at: iso(this.started - 86_400_000 * 3),
      now: iso(Date.now()),
      services: ['manager', 'orchestrator', 'reasoning', 'knowledge', 'execution', 'report', 'gateway'].map((name, i) => ({ name, state: name === 'knowledge' ? 'busy' : 'running', mailbox: i === 0 ? 3 : 0, handled: 1_204_331 >> i, errors: name === 'knowledge' ? 2 : 0 })),
      edge: { endpoint: 'nats://127.0.0.1:4222', connected: true, server_version: '2.10.27', warning: 'nats-server 2.10.27 is below the security floor 2.11.16', jetstream: true },
      command_key: 'ed25519:9f3c2a71b0d4',
      login: 'none',
      insecure: this.insecure,
      admission: 'manual',
      model: null,
    };
  }
}

/** As the gateway: a value that nothing can have is refused. */
const choices = { severity: ['critical', 'high', 'medium', 'low', 'info'], state: ['open', 'closed'] };

const filters = {
  cluster_id: (e, v) => e.cluster_id === v,
  namespace: (e, v) => (e.involved ? (e.involved.namespace ?? e.namespace) : e.namespace) === v,
  kind: (e, v) => e.involved?.kind.toLowerCase() === v.toLowerCase(),
  name: (e, v) => e.involved?.name === v,
  reason: (e, v) => e.reason === v,
  severity: (e, v) => e.severity === v,
  type: (e, v) => e.type === v,
  incident_id: (e, v) => e.incident_id === v,
  state: (e, v) => e.state === v,
  code: (e, v) => e.code === v,
  family: (e, v) => e.family === v,
  since: (e, v) => (e.timestamp ?? e.opened_at) >= v,
  until: (e, v) => (e.timestamp ?? e.opened_at) < v,
  q: (e, v) => [e.message, e.reason, e.involved?.name, e.title, e.title_zh].some((text) => text?.toLowerCase().includes(v.toLowerCase())),
};

function narrowed(items, params) {
  for (const [name, known] of Object.entries(choices)) {
    if (params.get(name) && !known.includes(params.get(name))) throw new Refused(`${name}: "${params.get(name)}" is none of ${known.join('|')}`);
  }
  const active = Object.entries(filters).filter(([key]) => params.get(key));
  return items.filter((item) => active.every(([key, test]) => test(item, params.get(key))));
}

function paged(items, params) {
  const limit = Math.min(500, Math.max(1, Number(params.get('limit') ?? 100)));
  const from = Number(params.get('cursor') ?? 0);
  const next = from + limit < items.length ? String(from + limit) : '';
  return { items: items.slice(from, from + limit), next };
}

function histogram(world, params) {
  const events = narrowed(world.events, params);
  const buckets = Math.min(240, Math.max(10, Number(params.get('buckets') ?? 60)));
  const to = params.get('until') ? Date.parse(params.get('until')) : Date.now();
  const from = params.get('since') ? Date.parse(params.get('since')) : Math.min(to - 60_000, Date.parse(events.at(-1)?.timestamp ?? iso(to - 60_000)));
  const step = Math.max(1, Math.ceil((to - from) / buckets));
  const items = Array.from({ length: buckets }, (_, i) => ({ at: iso(from + i * step), total: 0, critical: 0, high: 0, medium: 0, low: 0, info: 0 }));
  for (const event of events) {
    const bucket = items[Math.floor((Date.parse(event.timestamp) - from) / step)];
    if (!bucket) continue;
    bucket.total += 1;
    bucket[event.severity] += 1;
  }
  return { from: iso(from), to: iso(to), step_ms: step, items };
}

function incidentDetail(world, found) {
  const events = world.events.filter((event) => event.incident_id === found.item.id).slice(0, 100);
  const seen = events.slice(-8).map((event) => ({ at: event.timestamp, kind: 'event', severity: event.severity, object: `${event.involved.kind.toLowerCase()}/${event.involved.namespace ?? ''}/${event.involved.name}`, text: `${event.reason}: ${event.message}`, text_zh: `${event.reason}：${event.message}`, ref: event.id }));
  const timeline = [...found.detail.timeline, ...seen].sort((a, b) => (a.at < b.at ? -1 : 1));
  const short = events.map(({ id, cluster_id, event_type, reason, message, timestamp, severity, delta, involved }) => ({ id, cluster_id, event_type, reason, message, timestamp, severity, delta, object: `${involved.kind.toLowerCase()}/${involved.namespace ?? ''}/${involved.name}` }));
  return { ...found.item, ...found.detail, events: short, timeline };
}

class Missing extends Error {}
class Refused extends Error {}

function need(value, what) {
  if (!value) throw new Missing(what);
  return value;
}

const routes = [
  [/^\/api\/v1\/status$/, (world) => world.status()],
  [/^\/api\/v1\/clusters$/, (world, params) => paged(world.clusters, params)],
  [/^\/api\/v1\/clusters\/([^/]+)$/, (world, _, id) => need(world.clusters.find((c) => c.cluster_id === id), `cluster ${id}`)],
  [/^\/api\/v1\/clusters\/([^/]+)\/nodes$/, (world, params, id) => paged(makeNodes(need(world.clusters.find((c) => c.cluster_id === id), `cluster ${id}`), Date.now()), params)],
  [/^\/api\/v1\/events$/, (world, params) => paged(narrowed(world.events, params), params)],
  [/^\/api\/v1\/events\/histogram$/, (world, params) => histogram(world, params)],
  [/^\/api\/v1\/events\/([^/]+)$/, (world, _, id) => {
    const event = need(world.events.find((e) => e.id === id), `event ${id}`);
    return { ...event, raw_data: rawOf(event) };
  }],
  [/^\/api\/v1\/gaps$/, (world, params) => paged(narrowed(world.gaps, params), params)],
  [/^\/api\/v1\/incidents$/, (world, params) => paged(narrowed(world.incidents.map(({ item }) => item), params), params)],
  [/^\/api\/v1\/incidents\/([^/]+)$/, (world, _, id) => incidentDetail(world, need(world.incidents.find(({ item }) => item.id === id), `incident ${id}`))],
  [/^\/api\/v1\/knowledge$/, (world, params) => {
    const q = (params.get('q') ?? '').toLowerCase();
    return paged(world.knowledge.filter((entry) => !q || [entry.id, entry.title, entry.title_zh, entry.text, entry.text_zh].some((text) => text?.toLowerCase().includes(q))), params);
  }],
  [/^\/api\/v1\/knowledge\/([^/]+)$/, (world, _, id) => need(world.knowledge.find((entry) => entry.id === id), `entry ${id}`)],
  [/^\/api\/v1\/metrics\/([^/]+)$/, (world, params, id) => ({ items: makeSeries(need(world.clusters.find((c) => c.cluster_id === id), `cluster ${id}`), params, Date.now()) })],
  [/^\/health\/(live|ready)$/, () => ({ status: 'ok', reasons: [] })],
];

function answerJson(response, status, body, type = 'application/json') {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

function problem(response, status, title, detail) {
  answerJson(response, status, { type: 'about:blank', title, status, detail }, 'application/problem+json');
}

async function answerFile(response, dist, path) {
  const name = extname(path) ? normalize(path) : '/index.html';
  try {
    const body = await readFile(join(dist, name));
    response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream' });
    response.end(body);
  } catch {
    problem(response, 404, 'Not Found', `no file ${path}`);
  }
}

/**
 * Starts the server; `mock.refuse = true` makes it answer nothing, `mock.stream.drop()` cuts the live streams.
 * @param {{ dist: string, port?: number, live?: boolean, delayMs?: number, now?: number, events?: number, clusters?: number, insecure?: boolean }} options
 */
export async function startMock({ port = 0, dist, live = true, delayMs = 0, ...options }) {
  const world = new World(options);
  const stream = new Stream(world, live);
  const mock = { world, stream, refuse: false, delayMs, requests: /** @type {string[]} */ ([]), url: '', close: async () => {} };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://mock');
    mock.requests.push(`${request.method} ${url.pathname}${url.search}`);
    if (mock.requests.length > 10_000) mock.requests.splice(0, 5_000);
    response.setHeader('Content-Security-Policy', contentSecurityPolicy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'same-origin');
    if (mock.refuse) {
      request.socket.destroy();
      return;
    }
    if (mock.delayMs > 0) await new Promise((done) => setTimeout(done, mock.delayMs));
    try {
      answer(mock, request, response, url, dist);
    } catch (failure) {
      if (failure instanceof Missing) problem(response, 404, 'Not Found', `there is no ${failure.message}`);
      else if (failure instanceof Refused) problem(response, 400, 'Bad Request', failure.message);
      else problem(response, 500, 'Internal Server Error', String(failure));
    }
  });
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  mock.url = `http://127.0.0.1:${server.address().port}`;
  mock.close = async () => {
    stream.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return mock;
}

function answer(mock, request, response, url, dist) {
  const { world } = mock;
  if (url.pathname === '/api/v1/stream') {
    mock.stream.open(request, response);
    return;
  }
  const reported = /^\/api\/v1\/incidents\/([^/]+)\/report$/.exec(url.pathname);
  if (reported) {
    const found = need(world.incidents.find(({ item }) => item.id === decodeURIComponent(reported[1]) && item.verdict), 'report');
    const { type, body } = report(found, url.searchParams.get('format') ?? 'md', url.searchParams.get('lang') ?? 'en');
    response.writeHead(200, { 'Content-Type': type });
    response.end(body);
    return;
  }
  if (request.method === 'POST' && request.headers['content-type'] !== 'application/json') {
    problem(response, 415, 'Unsupported Media Type', 'a body is application/json');
    return;
  }
  if (request.method === 'POST' && /^\/api\/v1\/incidents\/[^/]+\/diagnose$/.test(url.pathname)) {
    answerJson(response, 202, { status: 'accepted' });
    return;
  }
  const decided = request.method === 'POST' && /^\/api\/v1\/clusters\/([^/]+)\/(accept|refuse)$/.exec(url.pathname);
  if (decided) {
    const cluster = need(world.clusters.find((c) => c.cluster_id === decodeURIComponent(decided[1])), 'cluster');
    Object.assign(cluster, decided[2] === 'accept' ? { state: 'online', state_reason: null } : { state: 'refused', state_reason: 'refused by a person' });
    answerJson(response, 200, cluster);
    return;
  }
  for (const [pattern, handler] of routes) {
    const found = pattern.exec(url.pathname);
    if (found) {
      answerJson(response, 200, handler(world, url.searchParams, decodeURIComponent(found[1] ?? '')));
      return;
    }
  }
  if (url.pathname.startsWith('/api/')) problem(response, 404, 'Not Found', `there is no route ${url.pathname}`);
  else void answerFile(response, dist, url.pathname);
}
