// The live stream: events several times a second, cluster heartbeats, now and then an incident that opens.
import { iso } from './random.mjs';

const keptMax = 1_000;

export class Stream {
  constructor(world, live) {
    this.world = world;
    this.clients = new Set();
    this.kept = [];
    this.next = 1;
    this.timers = [];
    if (live) {
      this.timers.push(setInterval(() => this.events(), 400));
      this.timers.push(setInterval(() => this.heartbeats(), 2_000));
      this.timers.push(setInterval(() => this.incident(), 45_000));
    }
    this.timers.push(setInterval(() => this.write(': still here\n\n'), 15_000));
  }

  write(text) {
    for (const client of this.clients) client.write(text);
  }

  send(kind, item) {
    const id = this.next;
    this.next += 1;
    const text = `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(item)}\n\n`;
    this.kept.push({ id, text });
    if (this.kept.length > keptMax) this.kept.shift();
    this.write(text);
  }

  open(request, response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': welcome\n\n');
    const last = Number(request.headers['last-event-id'] ?? 0);
    if (last > 0) {
      const first = this.kept[0]?.id ?? this.next;
      if (last + 1 < first) response.write(`id: ${this.next - 1}\nevent: reset\ndata: {}\n\n`);
      else for (const message of this.kept) if (message.id > last) response.write(message.text);
    }
    this.clients.add(response);
    response.on('close', () => this.clients.delete(response));
  }

  drop() {
    for (const client of this.clients) client.destroy();
  }

  close() {
    this.timers.forEach(clearInterval);
    this.drop();
  }

  events() {
    const { world } = this;
    const count = 1 + world.maker.random.below(4);
    for (let i = 0; i < count; i += 1) {
      const event = world.maker.event(Date.now());
      world.events.unshift(event);
      this.send('event', event);
    }
  }

  heartbeats() {
    const { random } = this.world.maker;
    for (const cluster of this.world.clusters) {
      if (cluster.state === 'offline' || cluster.state === 'pending') continue;
      cluster.last_seen = iso(Date.now());
      cluster.watch_age_ms = cluster.state === 'degraded' ? 40_000 + random.below(9_000) : 200 + random.below(1_800);
      cluster.events_per_second = Math.max(0.1, (cluster.events_per_second ?? 1) * random.between(0.93, 1.075));
      this.send('cluster', cluster);
    }
  }

  incident() {
    const { world } = this;
    const model = world.incidents[world.maker.random.below(10)];
    const opened = iso(Date.now());
    const item = { ...model.item, id: `i-${this.next.toString(36)}x`, opened_at: opened, diagnosed_at: opened, reported_at: opened, updated_at: opened, closed_at: null, state: 'open', phase: 'reported' };
    world.incidents.unshift({ ...model, item });
    world.countIncidents();
    this.send('incident', item);
  }
}
