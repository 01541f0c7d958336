"""Central's side of the protocol, told by a test: welcomes agents, keeps what they send, moves the watermark or not, and sends commands."""

import json
import time

from plain_nats import PlainNats


class ScriptedCentral:
    def __init__(self, port, cluster_id, **welcome):
        self.id = cluster_id
        self.welcome = {"state": "accepted", "settings": {"heartbeat_interval": "500ms", "batch_max": 256, "batch_interval": "50ms"}, **welcome}
        self.committing = True        # answers events with the watermark
        self.watermark = {"epoch": 0, "seq": 0}
        self.registrations, self.heartbeats, self.events, self.metrics, self.results = [], [], {}, [], []
        self.arrivals = []            # (when, id), repeats included
        self.nats = PlainNats(port)
        for kind in ("register", "heartbeat", "event", "metrics", "result"):
            self.nats.subscribe(f"agent.{kind}.{cluster_id}")

    def control(self, **message):
        self.nats.publish(f"agent.control.{self.id}", {"schema": 1, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **message})

    def command(self, **command):
        self.nats.publish(f"agent.command.{self.id}", command)

    def _register(self, body):
        self.registrations.append(body)
        if self.welcome:
            self.control(type="welcome", watermark=self.watermark, **self.welcome)

    def _event(self, body):
        for event in body.get("events", [body]):
            self.events[event["id"]] = event
            self.arrivals.append((time.monotonic(), event["id"]))
            if self.committing and event["epoch"] >= self.watermark["epoch"]:
                self.watermark = {"epoch": event["epoch"], "seq": max(event["seq"], self.watermark["seq"] if event["epoch"] == self.watermark["epoch"] else 0)}
        if self.committing:
            self.control(type="watermark", watermark=self.watermark)

    def _take(self, subject, data):
        body = json.loads(data)
        kind = subject.split(".")[1]
        keep = {"heartbeat": self.heartbeats.append, "metrics": self.metrics.append, "result": self.results.append,
                "register": self._register, "event": self._event}
        keep[kind](body)

    def run(self, until, seconds=15, what="it"):
        """Lives until the check is true; the check's answer."""
        end = time.monotonic() + seconds
        while True:
            while self.nats.got:
                self._take(*self.nats.got.pop(0))
            found = until()
            if found:
                return found
            left = end - time.monotonic()
            assert left > 0, f"not within {seconds} s: {what}"
            self.nats.socket.settimeout(min(left, 0.2))
            try:
                self.nats._read_one()
            except TimeoutError:
                pass

    def rest(self, seconds):
        """Lives on for a while."""
        end = time.monotonic() + seconds
        self.run(lambda: time.monotonic() >= end, seconds + 1)

    def reasons(self, kind="k8s_state"):
        return [(e["reason"], e.get("involved", {}).get("name")) for e in self.events.values() if e["type"] == kind]

    def close(self):
        self.nats.close()
