"""kill -9 of agent, central and broker, at random, while 5,000 events stream by: everything is stored once, or inside a gap that is written down."""

import json
import random
import time
from collections import Counter

import pytest

from stack import wait_until

EVENTS, RATE = 5000, 500
SCENARIO = f"""cluster load: 2 nodes, seed 3
load: {EVENTS} events at {RATE}/s with repeats
"""


def parsed(line):
    try:
        return json.loads(line)
    except json.JSONDecodeError:    # the last line may be half written
        return {}


def handed(oracle):
    """{(uid, version): count} of every event revision that was handed out."""
    found = {}
    for row in map(parsed, oracle.read_text().splitlines()):
        if row.get("say") == "handed" and row.get("verb") != "DELETED":
            found[f"{row['uid']}.{row['resourceVersion']}"] = row
    return found


def is_over(oracle, found):
    """Everything was made, and the newest revision handed out. One that was replaced while the agent was down, before it had a place to go on from, is never
    handed out: a list shows what there is."""
    made = [row for row in map(parsed, oracle.read_text().splitlines()) if row.get("say") == "made" and row.get("verb") != "DELETED"]
    return len(made) >= EVENTS and f"{made[-1]['uid']}.{made[-1]['resourceVersion']}" in found


def in_a_gap(row, gaps):
    """Is the revision between the ends of a gap that was written down?"""
    def between(gap):
        try:
            return int(gap["from"]) <= int(row["resourceVersion"]) <= int(gap["to"])
        except (TypeError, ValueError):
            return False
    return any(between(gap) for gap in gaps)


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_and_nothing_is_doubled(stack, tmp_path, seed):
    dice = random.Random(seed)
    scenario = tmp_path / "load.scenario"
    scenario.write_text(SCENARIO)
    nats = stack.nats()
    central = stack.central("--degraded-after", "30s", "--offline-after", "60s")
    _, kubeconfig, oracle = stack.cluster("load", scenario)
    agent = stack.agent("load", kubeconfig)
    end = time.monotonic() + EVENTS / RATE + 1
    kills = Counter()
    while time.monotonic() < end:
        time.sleep(dice.uniform(0.3, 0.9))
        victim = dice.choice([nats, central, agent])
        victim.kill()
        kills[victim.name] += 1
        time.sleep(dice.uniform(0, 0.3))
        victim.start()
    wait_until(stack.api.up, 20, "central answers again", alive=[central])

    def missing():
        stored = Counter(e["id"] for e in stack.api.all("/api/v1/events?cluster_id=load"))
        assert not [key for key, n in stored.items() if n > 1], "stored twice"
        gaps = stack.api.all("/api/v1/gaps?cluster_id=load")
        return [key for key, row in handed(oracle).items() if key not in stored and not in_a_gap(row, gaps)]

    wait_until(lambda: is_over(oracle, handed(oracle)) and not missing(), 60, f"all is stored after {dict(kills)}", every=1, alive=[nats, central, agent])
    assert sum(kills.values()) >= 5
