import shutil
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system"), str(HERE.parents[1] / "tools/demo")]

import peers
from expected import named
from stack import Stack, StackError


class Sightings(Thread):
    """When each cause was first seen in central's incidents; looks twice a second until stopped."""

    def __init__(self, api, cluster):
        super().__init__(daemon=True)
        self.api, self.cluster = api, cluster
        self.first, self.over = {}, Event()

    def run(self):
        while not self.over.wait(0.5):
            try:
                incidents = self.api.all(f"/api/v1/incidents?cluster_id={self.cluster}")
            except (OSError, StackError):
                continue    # central is ending
            for incident in incidents:
                if incident.get("code"):
                    self.first.setdefault((incident["code"], incident["object"]), time.monotonic())


class World:
    """Central, an agent and a real cluster where everything is wrong, an agent and a real cluster that is well."""

    def __init__(self, stack, clusters):
        self.stack, (self.faulty, self.sound) = stack, clusters
        stack.nats()
        stack.central("--heartbeat-interval", "2s", "--degraded-after", "5s", "--offline-after", "9s", "--recheck", "5s")
        self.agents = [stack.agent("faulty", self.faulty.kubeconfig), stack.agent("sound", self.sound.kubeconfig)]
        self.sightings = Sightings(stack.api, "faulty")
        self.sightings.start()
        self.sound.apply("00", "01")
        self.faulty.apply()

    def found(self, cluster="faulty"):
        return set(named(self.stack.api.all(f"/api/v1/incidents?cluster_id={cluster}")))


@pytest.fixture(scope="session")
def world(request):
    """Everything is gone again at the end; the logs stay where a test has failed."""
    if peers.absent():
        pytest.skip(peers.absent())
    folder = Path(tempfile.mkdtemp(prefix="aetherius-peers-", dir="/tmp"))    # not below /var or /run, of which a node has its own
    with peers.Clusters(folder, 2, {"PEERS_BACKOFF_MAX": "5s", "PEERS_COMPACT": "15s"}) as clusters, Stack(folder=folder / "stack") as stack:
        running = World(stack, clusters.up())
        yield running
        running.sightings.over.set()
        running.sightings.join()
    if request.session.testsfailed:
        print(f"\nthe logs of what ran are in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
