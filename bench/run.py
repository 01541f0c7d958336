#!/usr/bin/env python3
"""./dev bench: one function a question; each prints its figure beside the floor or the reference of the same run, with the spread over the rounds.

    bench/run.py [--rounds N] [QUESTION...]      questions: agent burst flow ingest delay store idle report

Absolute figures move with the machine; read the ratios. Results are written to build/bench/QUESTION.json.
"""

import argparse
import json
import os
import platform
import re
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools/demo"), str(ROOT / "tests/system")]

import expectation
import load
from demo import SCENARIOS, judge
from plain_nats import PlainNats
from stack import Stack, wait_until

AGENT_EVENTS, BURST_EVENTS, FLOW_EVENTS, RATE = 50000, 200000, 20000, 20000
INGEST_EVENTS, STORE_EVENTS = 50000, 200000
DELAY_EVENTS, DELAY_RATE = 20000, 1000
FLOORS = ROOT / "build/release/bench"


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values), "rounds": len(values)}


def show(name, values, unit):
    s = spread(values)
    print(f"  {name:52} {s['median']:10.2f} {unit}   ({s['min']:.2f} to {s['max']:.2f}, {s['rounds']} rounds)", flush=True)
    return s


def load_scenario(folder, events, rate, after):
    path = folder / "load.scenario"
    path.write_text(f"cluster load: 2 nodes, seed 3\nat {after}s: load: {events} events at {rate}/s with repeats\n")
    return path


def tls_dir(folder):
    """Keys for a simulated API server; an agent talks TLS to a real one, too."""
    path = folder / "tls"
    path.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=bench",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path / "tls.key", "-out", path / "tls.crt"], check=True, capture_output=True)
    (path / "ca.crt").write_text((path / "tls.crt").read_text())
    return path


def status_kib(process, name):
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def private_kib(process):
    """What is this process's alone: without the pages of libraries, which any other program with them shares."""
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))


def floor_central(stack, cluster, events):
    """A central that commits nothing and says so, so that the agent is what is measured."""
    return stack.run(f"central-{cluster}", [FLOORS / "central_floor", stack.nats_url, cluster, events])


def committed(central):
    """{'committed': …, 'lost': …, …} once the watermark is there, else None."""
    words = central.log.read_text().split()[1:]
    return dict(zip(words[::2], map(int, words[1::2]))) if words else None


def one_flood(events):
    """One load, read at once by the agent and by both floors, over TLS."""
    with Stack() as stack:
        stack.nats(jetstream=False)
        keys = tls_dir(stack.folder)
        central, other = floor_central(stack, "load", events), floor_central(stack, "floor", events)
        _, kubeconfig, _ = stack.cluster("load", load_scenario(stack.folder, events, RATE, after=4), "--tls-dir", keys)
        server, token = (re.search(rf"{name}: (\S+)", kubeconfig.read_text())[1] for name in ("server", "token"))
        argv = [FLOORS / "watch_floor", f"{server}/api/v1/events?watch=true", keys / "ca.crt", token, stack.nats_url, events]
        floors = [stack.run("floor", argv), stack.run("floor-acknowledged", [*argv, "floor", stack.folder / "floor.db"])]
        agent = stack.agent("load", kubeconfig, wait=False)
        time.sleep(2)
        before = agent.cpu_seconds()
        told = wait_until(lambda: committed(central), 300, "the agent's events are acknowledged", every=0.1, alive=[agent, central])
        cpu, peak, after = agent.cpu_seconds() - before, status_kib(agent, "VmHWM"), agent.rss_kib()
        wait_until(lambda: not any(f.alive() for f in floors), 120, "the floors have ended", every=0.1, alive=[other])
        return {"cpu": cpu, "floors": [float(f.log.read_text().split()[1]) for f in floors], "peak_kib": peak, "after_kib": after, "told": told}


def flood(rounds, events):
    runs = [one_flood(events) for _ in range(rounds)]
    hundred = 100000 / events
    return {
        "agent_cpu_per_100k": show("agent: TLS, spool, acknowledged; CPU per 100 k", [r["cpu"] * hundred for r in runs], "s"),
        "floor_cpu_per_100k": show("floor: TLS watch, parse, publish; CPU per 100 k", [r["floors"][0] * hundred for r in runs], "s"),
        "acknowledged_floor_cpu_per_100k": show("floor with spool and acknowledgement; CPU per 100 k", [r["floors"][1] * hundred for r in runs], "s"),
        "agent_to_floor": show("agent / floor", [r["cpu"] / r["floors"][0] for r in runs], "x"),
        "agent_to_acknowledged_floor": show("agent / floor with acknowledgement", [r["cpu"] / r["floors"][1] for r in runs], "x"),
        "agent_peak_rss_mib": show("agent RSS, peak", [r["peak_kib"] / 1024 for r in runs], "MiB"),
        "agent_rss_after_mib": show("agent RSS when all was acknowledged", [r["after_kib"] / 1024 for r in runs], "MiB"),
        "bytes_per_event": show("bytes on the wire an event", [r["told"]["bytes"] / r["told"]["committed"] for r in runs], ""),
        "lost": show("records lost", [r["told"]["lost"] for r in runs], ""),
    }


def agent(rounds):
    """The agent flat out, beside the same reading with nothing of ours."""
    return flood(rounds, AGENT_EVENTS)


def burst(rounds):
    """200,000 events at once: how large the agent becomes."""
    return flood(rounds, BURST_EVENTS)


def flow(rounds):
    """Events through agent, broker and central, flat out, with the incidents that they open: rate, CPU, memory."""
    rates, agent_cpu, central_cpu, agent_rss, central_rss, incidents = [], [], [], [], [], []
    for _ in range(rounds):
        with Stack() as stack:
            stack.nats()
            central = stack.central()
            _, kubeconfig, _ = stack.cluster("load", load_scenario(stack.folder, FLOW_EVENTS, RATE, after=2))
            agent = stack.agent("load", kubeconfig)
            before_agent, before_central = agent.cpu_seconds(), central.cpu_seconds()
            stored = lambda: stack.api.get("/api/v1/clusters/load")["events_total"]
            wait_until(lambda: stored() > 0, 30, "the first event is stored", every=0.01)
            began = time.monotonic()
            first = stored()
            wait_until(lambda: stored() >= FLOW_EVENTS, 180, "all events are stored", every=0.05)
            rates.append((FLOW_EVENTS - first) / (time.monotonic() - began))
            hundred = 100000 / FLOW_EVENTS
            agent_cpu.append((agent.cpu_seconds() - before_agent) * hundred)
            central_cpu.append((central.cpu_seconds() - before_central) * hundred)
            agent_rss.append(agent.rss_kib() / 1024)
            central_rss.append(central.rss_kib() / 1024)
            incidents.append(len(stack.api.all("/api/v1/incidents")))
    return {
        "events_per_second": show("events stored", rates, "events/s"),
        "agent_cpu_per_100k": show("agent, with evidence for the incidents; CPU per 100 k", agent_cpu, "s"),
        "central_cpu_per_100k": show("central, stored and shown; CPU per 100 k", central_cpu, "s"),
        "incidents": show("incidents that the load opens", incidents, ""),
        "agent_rss_mib": show("agent RSS after the load", agent_rss, "MiB"),
        "central_rss_mib": show("central RSS after the load", central_rss, "MiB"),
    }


def ingest_once(floor_path, messages):
    """One round: what central made of the messages, and what the floor made of them."""
    with Stack() as stack:
        stack.nats()
        central = stack.central()
        floor = subprocess.Popen([floor_path, stack.nats_url, "floor.event", str(INGEST_EVENTS), str(load.BATCH), stack.folder / "floor.db"], stdout=subprocess.PIPE, text=True)
        floor.stdout.readline()
        wait_until(lambda: stack.api.get("/api/v1/status")["edge"]["connected"], 10, "central is connected")
        peer = PlainNats(stack.nats_port)
        peer.subscribe("agent.control.load")
        peer.publish("agent.register.load", {"version": "1", "epoch": load.EPOCH})
        peer.wait("agent.control.load", lambda body: body["type"] == "welcome")
        before, began, slowest = central.cpu_seconds(), time.monotonic(), 0.0
        for message in messages:
            peer.publish("agent.event.load", message)
        stored = 0
        while stored < INGEST_EVENTS:
            asked = time.monotonic()
            stored = stack.api.get("/api/v1/clusters/load")["events_total"]
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.05)
        seconds, cpu, rss = time.monotonic() - began, central.cpu_seconds() - before, central.rss_kib() / 1024
        for message in messages:
            peer.publish("floor.event", message)
        fetch_s, fetch_cpu, write_s, write_cpu = (float(word) for word in floor.communicate(timeout=120)[0].split())
    hundred = 100000 / INGEST_EVENTS
    return {"rate": INGEST_EVENTS / seconds, "to_floor": max(fetch_s, write_s) / seconds, "cpu": cpu * hundred, "floor_cpu": (fetch_cpu + write_cpu) * hundred, "slowest_ms": slowest * 1000,
            "rss": rss, "fetch": INGEST_EVENTS / fetch_s, "write": INGEST_EVENTS / write_s}


def ingest(rounds):
    """Events from the broker into central's store, flat out, a tenth of them Warnings; the floor fetches and writes the same bytes."""
    messages = list(load.messages("load", INGEST_EVENTS))
    seen = [ingest_once(ROOT / "build/release/bench/ingest_floor", messages) for _ in range(rounds)]
    figures = [("rate", "events stored", "events/s"), ("fetch", "floor: fetched from the broker", "events/s"), ("write", "floor: written to one table", "events/s"),
               ("to_floor", "stored / the slower of the two", "x"), ("floor_cpu", "floor: fetch and write; CPU per 100 k", "s"), ("cpu", "central; CPU per 100 k", "s"),
               ("slowest_ms", "slowest answer of the API meanwhile", "ms"), ("rss", "central RSS at the end of it", "MiB")]
    return {name: show(text, [s[name] for s in seen], unit) for name, text, unit in figures}


def synced_write_ms(folder):
    """What the disk takes for one write that is to stay: median of 50."""
    times = []
    with open(folder / "synced", "wb", buffering=0) as file:
        for _ in range(50):
            began = time.monotonic()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            times.append((time.monotonic() - began) * 1000)
    return statistics.median(times)


def commits_until(store, count):
    """[(wall ms, the last n committed by then)], seen from a connection of its own that looks every 2 ms."""
    seen, last, until = [], 0, time.monotonic() + 180
    while last < count and time.monotonic() < until:
        n = store.execute("SELECT max(n) FROM events").fetchone()[0] or 0
        if n > last:
            seen.append((time.time() * 1000, n))
            last = n
        time.sleep(0.002)
    return seen


def one_delay():
    """Milliseconds from the API server's write of each Event to its commit, ascending; and a synced write of the same disk."""
    with Stack() as stack:
        stack.nats()
        stack.central()
        _, kubeconfig, oracle = stack.cluster("load", load_scenario(stack.folder, DELAY_EVENTS, DELAY_RATE, after=4), "--tls-dir", tls_dir(stack.folder))
        stack.agent("load", kubeconfig)
        store = sqlite3.connect(f"file:{stack.folder}/central/manager.db?mode=ro", uri=True)
        seen = commits_until(store, DELAY_EVENTS)
        made = {(line["uid"], line["resourceVersion"]): line["at"] for line in map(json.loads, oracle.read_text().splitlines()) if line["say"] == "made"}
        delays, at = [], 0
        for n, uid, version in store.execute("SELECT n, ident, version FROM events ORDER BY n").fetchall():
            while at < len(seen) and seen[at][1] < n:
                at += 1
            if at < len(seen) and (uid, version) in made:
                delays.append(seen[at][0] - made[uid, version])
        store.close()
        return sorted(delays), synced_write_ms(stack.folder)


def delay(rounds):
    """From the API server's write of an Event to its committed row, over TLS and JetStream, at 1,000 Events a second that open incidents, too."""
    runs = [one_delay() for _ in range(rounds)]
    part = lambda share: [d[int(len(d) * share)] for d, _ in runs]
    return {"events": show("events seen", [len(d) for d, _ in runs], ""), "p50_ms": show("write to commit, p50", part(0.5), "ms"), "p99_ms": show("write to commit, p99", part(0.99), "ms"),
            "longest_ms": show("write to commit, longest", [d[-1] for d, _ in runs], "ms"), "synced_write_ms": show("reference: one synced write, median", [w for _, w in runs], "ms")}


def store(rounds):
    """The manager's store alone: inserting and indexing beside its floor, and the first page of lists; the program prints more of them."""
    lines = []
    for _ in range(rounds):
        with Stack() as stack:
            out = subprocess.run([ROOT / "build/release/bench/store_events", stack.folder, str(STORE_EVENTS)], capture_output=True, text=True, check=True, timeout=1800).stdout
            lines.append([json.loads(line) for line in out.splitlines()])
    stored = [[line for line in run if "stored" in line][-1] for run in lines]
    result = {name: show(text, [s[name] for s in stored], unit) for name, text, unit in
              [("per_second", "events stored and indexed", "events/s"), ("cpu_us_per_event", "CPU of one event", "us"), ("of_it_indexing", "of it indexing", "us"),
               ("floor_cpu_us_per_event", "floor: a row of one column", "us"), ("to_floor", "CPU / floor", "x"),
               ("without_key_to_with", "CPU without the key that knows an event again / with it", "x")]}
    swept = [next(line for line in run if "swept" in line) for run in lines]
    result["swept_cpu_us_per_event"] = show("CPU of deleting one", [s["cpu_us_per_event"] for s in swept], "us")
    result["deleting_to_storing"] = show("deleting / storing", [s["to_storing"] for s in swept], "x")
    for name in ("newest", "cluster and reason and namespace", "text", "rare text", "short text that is not there"):
        result[name] = show(f"list by {name}: CPU", [next(line["cpu_ms"] for line in run if line.get("list") == name) for run in lines], "ms")
    return result


def idle(rounds):
    """Memory and CPU of an agent that has nothing to tell, in a cluster of 500 Pods, over TLS."""
    rss, private, cpu, central_rss = [], [], [], []
    for _ in range(rounds):
        with Stack() as stack:
            scenario = stack.folder / "idle.scenario"
            scenario.write_text("cluster idle: 10 nodes, seed 3\n" + "".join(f"deployment shop/app{n}: 50 replicas, image registry.local/app:1, healthy\n" for n in range(10)))
            stack.nats()
            central = stack.central()
            _, kubeconfig, _ = stack.cluster("idle", scenario, "--tls-dir", tls_dir(stack.folder))
            agent = stack.agent("idle", kubeconfig)
            time.sleep(20)
            before, began = agent.cpu_seconds(), time.monotonic()
            time.sleep(20)
            cpu.append((agent.cpu_seconds() - before) / (time.monotonic() - began) * 100)
            rss.append(agent.rss_kib() / 1024)
            private.append(private_kib(agent) / 1024)
            central_rss.append(central.rss_kib() / 1024)
    return {"agent_rss_mib": show("agent RSS, idle, 500 Pods", rss, "MiB"), "agent_private_mib": show("of it the agent's alone, no pages of libraries", private, "MiB"),
            "agent_cpu_percent": show("agent CPU, idle", cpu, "% of a core"), "central_rss_mib": show("central RSS, idle", central_rss, "MiB")}


def report(rounds):
    """From the failure of an object to its published report, over the demo's scenarios."""
    times, medians, longest = [], [], []
    for _ in range(rounds):
        with Stack() as stack:
            stack.nats()
            stack.central()
            wanted, oracles = [], {}
            for name, scenario in SCENARIOS.items():
                _, kubeconfig, oracles[name] = stack.cluster(name, scenario)
                stack.agent(name, kubeconfig)
                wanted += expectation.read(scenario, name)
            try:
                wait_until(lambda: all(r.right for r in judge(stack.api, wanted, oracles)[0]), 60, "every cause is named", every=0.5)
            except Exception as error:
                print(f"  {error}")
            seconds = [r.seconds for r in judge(stack.api, wanted, oracles)[0] if r.right and r.seconds is not None]
            times += seconds
            medians.append(statistics.median(seconds))
            longest.append(max(seconds))
    return {"median_s": show("failure to report, median of a run", medians, "s"), "longest_s": show("failure to report, longest of a run", longest, "s"), "all_s": sorted(times)}


QUESTIONS = {"agent": agent, "burst": burst, "flow": flow, "ingest": ingest, "delay": delay, "store": store, "idle": idle, "report": report}


def version(*argv):
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=10).stdout.strip().splitlines()[0]
    except (OSError, IndexError):
        return "?"


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=", ".join(QUESTIONS))
    arguments = parser.parse_args()
    unknown = [q for q in arguments.questions if q not in QUESTIONS]
    if unknown:
        parser.error(f"no question {unknown[0]}; there are: {', '.join(QUESTIONS)}")
    machine = {"cores": os.cpu_count(), "kernel": platform.release(), "commit": version("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"), "nats": version("nats-server", "--version"),
               "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    out = ROOT / "build/bench"
    out.mkdir(parents=True, exist_ok=True)
    for name in arguments.questions or QUESTIONS:
        print(f"{name}: {QUESTIONS[name].__doc__.splitlines()[0]}", flush=True)
        result = QUESTIONS[name](arguments.rounds)
        (out / f"{name}.json").write_text(json.dumps({"question": name, "machine": machine, "figures": result}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
