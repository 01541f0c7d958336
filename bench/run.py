#!/usr/bin/env python3
"""./dev bench: one function a question; each prints its figure beside the floor or the reference of the same run, with the spread over the rounds.

    bench/run.py [--rounds N] [QUESTION...]      questions: flow ingest store idle report

Absolute figures move with the machine; read the ratios. Results are written to build/bench/QUESTION.json.
"""

import argparse
import json
import os
import platform
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

FLOW_EVENTS, FLOW_RATE = 20000, 20000
INGEST_EVENTS, STORE_EVENTS = 50000, 200000


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values), "rounds": len(values)}


def show(name, values, unit):
    s = spread(values)
    print(f"  {name:52} {s['median']:10.2f} {unit}   ({s['min']:.2f} to {s['max']:.2f}, {s['rounds']} rounds)", flush=True)
    return s


def load_scenario(folder, events, rate):
    path = folder / "load.scenario"
    path.write_text(f"cluster load: 2 nodes, seed 3\nat 1s: load: {events} events at {rate}/s with repeats\n")
    return path


def cpu_of(processes):
    return sum(p.cpu_seconds() for p in processes)


def flow(rounds):
    """Events through agent, broker and central, flat out: rate, CPU, memory; the floor reads the same watch."""
    rates, agent_cpu, central_cpu, ratios, floor_cpu, agent_rss, central_rss = [], [], [], [], [], [], []
    for _ in range(rounds):
        with Stack() as stack:
            stack.nats()
            central = stack.central()
            simulator, kubeconfig, _ = stack.cluster("load", load_scenario(stack.folder, FLOW_EVENTS, FLOW_RATE))
            server = next(line.split("server:")[1].strip().strip('"\'') for line in kubeconfig.read_text().splitlines() if "server:" in line)
            floor = subprocess.Popen([ROOT / "build/release/bench/watch_floor", f"{server}/api/v1/events?watch=true", stack.nats_url, str(FLOW_EVENTS)], stdout=subprocess.PIPE, text=True)
            agent = stack.agent("load", kubeconfig)
            before_agent, before_central = agent.cpu_seconds(), central.cpu_seconds()
            stored = lambda: stack.api.get("/api/v1/clusters/load")["events_total"]
            wait_until(lambda: stored() > 0, 30, "the first event is stored", every=0.01)
            began = time.monotonic()
            first = stored()
            wait_until(lambda: stored() >= FLOW_EVENTS, 180, "all events are stored", every=0.05)
            seconds = time.monotonic() - began
            hundred = 100000 / FLOW_EVENTS
            rates.append((FLOW_EVENTS - first) / seconds)
            agent_cpu.append((agent.cpu_seconds() - before_agent) * hundred)
            central_cpu.append((central.cpu_seconds() - before_central) * hundred)
            agent_rss.append(agent.rss_kib() / 1024)
            central_rss.append(central.rss_kib() / 1024)
            out, _ = floor.communicate(timeout=60)
            floor_cpu.append(float(out.split()[1]) * hundred)
            ratios.append(agent_cpu[-1] / floor_cpu[-1])
    return {
        "events_per_second": show("events stored", rates, "events/s"),
        "floor_cpu_per_100k": show("floor: watch, parse, publish; CPU per 100 k", floor_cpu, "s"),
        "agent_cpu_per_100k": show("agent: with spool and acknowledgement; CPU per 100 k", agent_cpu, "s"),
        "agent_to_floor": show("agent / floor", ratios, "x"),
        "central_cpu_per_100k": show("central, stored and shown; CPU per 100 k", central_cpu, "s"),
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
               ("floor_cpu_us_per_event", "floor: a row of one column", "us"), ("to_floor", "CPU / floor", "x")]}
    for name in ("newest", "cluster and reason and namespace", "text", "rare text", "short text that is not there"):
        result[name] = show(f"list by {name}: CPU", [next(line["cpu_ms"] for line in run if line.get("list") == name) for run in lines], "ms")
    return result


def idle(rounds):
    """Memory and CPU of an agent that has nothing to tell, in a cluster of 500 Pods."""
    rss, cpu, central_rss = [], [], []
    for _ in range(rounds):
        with Stack() as stack:
            scenario = stack.folder / "idle.scenario"
            scenario.write_text("cluster idle: 10 nodes, seed 3\n" + "".join(f"deployment shop/app{n}: 50 replicas, image registry.local/app:1, healthy\n" for n in range(10)))
            stack.nats()
            central = stack.central()
            _, kubeconfig, _ = stack.cluster("idle", scenario)
            agent = stack.agent("idle", kubeconfig)
            time.sleep(20)
            before, began = agent.cpu_seconds(), time.monotonic()
            time.sleep(20)
            cpu.append((agent.cpu_seconds() - before) / (time.monotonic() - began) * 100)
            rss.append(agent.rss_kib() / 1024)
            central_rss.append(central.rss_kib() / 1024)
    return {"agent_rss_mib": show("agent RSS, idle, 500 Pods", rss, "MiB"), "agent_cpu_percent": show("agent CPU, idle", cpu, "% of a core"),
            "central_rss_mib": show("central RSS, idle", central_rss, "MiB")}


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


QUESTIONS = {"flow": flow, "ingest": ingest, "store": store, "idle": idle, "report": report}


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
