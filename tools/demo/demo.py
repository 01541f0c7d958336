#!/usr/bin/env python3
"""./dev demo: two clusters, their agents, central and a broker, and a story of failures.

  demo.py          runs until Ctrl-C; the dashboard shows what is found
  demo.py --once   without a person: plays the story, prints one row a failure, exits 0 only when every row is right
  demo.py --real   the same on two real clusters, where ./dev peers has built them
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)    # Ctrl-C while Python still loads: an end, not a traceback

import argparse
import os
import statistics
import sys
import time
from datetime import datetime
from pathlib import Path

import expectation
from stack import Stack, StackError, free_port, port_is_taken

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = {"shop-prod": ROOT / "tests/scenario/shop-prod.scenario", "pay-prod": ROOT / "tests/scenario/pay-prod.scenario"}
PATIENCE = 60          # seconds for the whole story
QUIET = 2              # seconds after the last report in which nothing else may be found
REPORT_BAR = 2.0       # seconds from failure to report, for each


class Reader:
    """Whoever reads the output: a closed terminal or pipe is no error of the demo."""

    gone = False


def say(text=""):
    try:
        print(text, flush=True)
    except OSError:
        Reader.gone = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def milliseconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


def find(incidents, wanted):
    """The reported incident that answers an expectation, best first."""
    mine = [i for i in incidents if i["cluster_id"] == wanted.cluster and i.get("reported_at")]
    exact = [i for i in mine if i.get("code") == wanted.code and i.get("object") == wanted.root]
    near = [i for i in mine if i.get("object") in (wanted.root, wanted.failing) or i.get("key") == wanted.failing]
    return (exact or near or [None])[0]


def named_at(api, incident):
    """When the incident got the code that it has: its first report may have named an earlier stage (a crash, before the Job gave up)."""
    steps = [row["at"] for row in api.get(f"/api/v1/incidents/{incident['id']}")["timeline"] if row["kind"] == "step" and incident["code"] in row["text"] and not row.get("object")]
    return max(incident["reported_at"], min(steps, default=incident["reported_at"]))


class Row:
    def __init__(self, api, wanted, incident, failed_at):
        self.wanted, self.incident = wanted, incident
        self.found = incident.get("code", "?") if incident else "-"
        self.object = incident.get("object", "?") if incident else "-"
        self.seconds = (milliseconds(named_at(api, incident)) - failed_at) / 1000 if incident and incident.get("code") and failed_at else None

    @property
    def right(self):
        return self.found == self.wanted.code and self.object == self.wanted.root

    def text(self):
        seconds = "-" if self.seconds is None else f"{self.seconds:.2f}"
        return f"{self.wanted.cluster:10} {self.wanted.failing:36} {self.wanted.code:30} {self.found:30} {seconds:>7}  {'ok' if self.right else 'WRONG'}"


def judge(api, wanted, oracles):
    incidents = api.all("/api/v1/incidents")
    failed = {cluster: expectation.failures(path) for cluster, path in oracles.items()}

    def failed_at(w):
        return failed[w.cluster].get(w.failing) or failed[w.cluster].get(w.root)

    return [Row(api, w, find(incidents, w), failed_at(w)) for w in wanted if w.code], incidents


def surprises(incidents, wanted):
    """Incidents with a cause that no expectation names."""
    known = {(w.cluster, w.code, w.root) for w in wanted if w.code}
    return [i for i in incidents if i.get("code") and (i["cluster_id"], i["code"], i.get("object")) not in known]


def check(api, wanted, oracles):
    """Waits for every report, prints the table; True when all is right."""
    end = time.monotonic() + PATIENCE
    rows, incidents = judge(api, wanted, oracles)
    while not all(r.right for r in rows) and time.monotonic() < end:
        time.sleep(0.2)
        rows, incidents = judge(api, wanted, oracles)
    time.sleep(QUIET)
    rows, incidents = judge(api, wanted, oracles)
    say(f"{'CLUSTER':10} {'FAILING OBJECT':36} {'EXPECTED':30} {'FOUND':30} {'SECONDS':>7}")
    for row in rows:
        say(row.text())
    odd = surprises(incidents, wanted)
    for i in odd:
        say(f"{i['cluster_id']:10} {i.get('object', '-'):36} {'nothing':30} {i['code']:30} {'-':>7}  WRONG")
    times = [r.seconds for r in rows if r.seconds is not None]
    if times:
        slow = [r for r in rows if r.seconds is not None and r.seconds > REPORT_BAR]
        say(f"\nfrom failure to report: median {statistics.median(times):.2f} s, longest {max(times):.2f} s over {len(times)} failures; {len(slow)} above {REPORT_BAR:.0f} s")
    right = sum(r.right for r in rows)
    say(f"{right} of {len(rows)} causes right, {len(odd)} that nobody expected")
    return right == len(rows) and not odd


def start(stack, http_port):
    say("starting nats-server and central")
    stack.nats()
    central = stack.central("--heartbeat-interval", "5s", "--metrics-interval", "5s", "--recheck", "5s", http_port=http_port)
    wanted, oracles, watched = [], {}, [central]
    for name, scenario in SCENARIOS.items():
        say(f"starting cluster {name} and its agent")
        simulator, kubeconfig, oracles[name] = stack.cluster(name, scenario)
        watched += [simulator, stack.agent(name, kubeconfig)]
        wanted += expectation.read(scenario, name)
    return wanted, oracles, watched


def watch(stack, watched):
    """Until Ctrl-C or until nobody reads, telling each new report; ends with an error when a program does."""
    told = set()
    while not Reader.gone:
        for process in watched:
            if not process.alive():
                raise StackError(f"{process.name} ended with {process.popen.returncode}\n{process.tail()}")
        for i in reversed(stack.api.all("/api/v1/incidents")):
            mark = (i["id"], i.get("code"), i["state"])
            if i.get("reported_at") and mark not in told:
                told.add(mark)
                say(f"  {datetime.now():%H:%M:%S}  {i['cluster_id']:10} {'recovered: ' if i['state'] == 'closed' else ''}{i['title']}  ({i.get('code')})")
        time.sleep(0.5)


def welcome(stack):
    say(f"""
  Dashboard   {stack.api.url}/
  Incidents   {stack.api.url}/incidents
  中文         {stack.api.url}/incidents?lang=zh
  Command     ./dev run aetherctl --server {stack.api.url} incidents

Failures begin now, one a second; the cause of each should stand on the dashboard within a second or two. Ctrl-C ends everything.
""")


def play(arguments):
    with Stack(keep=arguments.keep) as stack:
        wanted, oracles, watched = start(stack, None if arguments.once else arguments.port)
        if arguments.once:
            right = check(stack.api, wanted, oracles)
            if not right:
                stack.keep = True
            return 0 if right else 1
        welcome(stack)
        try:
            watch(stack, watched)
        except KeyboardInterrupt:
            say("\nending everything")
        return 0


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description="Two clusters, a story of failures, and what Aetherius makes of it.")
    parser.add_argument("--once", action="store_true", help="no person: play it, print a table, exit 0 only when every cause is right")
    parser.add_argument("--real", action="store_true", help="on two real clusters instead of simulated ones (needs ./dev peers and root)")
    parser.add_argument("--port", type=int, default=8090, help="of the dashboard (8090)")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and databases")
    arguments = parser.parse_args()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.default_int_handler)
    try:
        if not arguments.once and port_is_taken(arguments.port):
            raise StackError(f"127.0.0.1:{arguments.port} is taken; end what listens there, or choose another: ./dev demo --port {free_port()}")
        if arguments.real:
            import real
            return real.play(arguments)
        return play(arguments)
    except KeyboardInterrupt:
        return 130
    except StackError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
