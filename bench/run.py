#!/usr/bin/env python3
"""./dev bench: one function a question; each prints its figure beside the floor or the reference of the same run, with the spread over the rounds.

    bench/run.py [--rounds N] [QUESTION...]      questions: flow idle report

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
sys.path.insert(0, str(ROOT / "tools/demo"))

import expectation
from demo import SCENARIOS, judge
from stack import Stack, wait_until

FLOW_EVENTS, FLOW_RATE = 20000, 20000


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


QUESTIONS = {"flow": flow, "idle": idle, "report": report}


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
