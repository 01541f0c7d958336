"""./dev demo --real: two real clusters with real failures, our agents and central, and a table of what was found."""

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/peers"))

import peers
from expected import PAIRS, named
from stack import Stack, StackError


def say(text=""):
    print(text, flush=True)


def play(arguments):
    why = peers.absent()
    if why:
        raise StackError(f"--real: {why}")
    once = arguments.once
    with Stack(keep=arguments.keep) as stack, peers.Clusters(stack.folder, 2, {"PEERS_BACKOFF_MAX": "10s"}) as clusters:
        say("starting two real clusters (about 20 s)")
        faulty, sound = clusters.up()
        stack.nats()
        stack.central("--heartbeat-interval", "5s", "--metrics-interval", "5s", "--recheck", "5s", http_port=None if once else arguments.port)
        stack.agent("faulty", faulty.kubeconfig)
        stack.agent("sound", sound.kubeconfig)
        say(f"\n  Dashboard  {stack.api.url}/\n  Clusters   KUBECONFIG={faulty.kubeconfig}\n\napplying every fault of tests/peers/failures")
        sound.apply("00", "01")
        faulty.apply()
        told, end = set(), time.monotonic() + 150
        while time.monotonic() < end if once else True:
            for pair, title in named(stack.api.all("/api/v1/incidents?cluster_id=faulty")).items():
                if pair not in told:
                    told.add(pair)
                    say(f"  {'ok   ' if pair in PAIRS else 'other'} {pair[0]:30} {title}")
            if once and PAIRS <= told:
                break
            time.sleep(1)
        missing = PAIRS - told
        say(f"{len(PAIRS) - len(missing)} of {len(PAIRS)} causes right" + "".join(f"\n  missing {code} on {object_}" for code, object_ in sorted(missing)))
        return 1 if missing else 0

