#!/usr/bin/env python3
"""Runs the test suites one after the other and counts. The last line is always: N passed, N failed, N skipped.

Runs on the Debian 13 that ./dev provides; `./dev test` starts it. A suite whose folder is not there counts as nothing, a
suite that cannot run here counts as one skipped test with its reason, and a suite that breaks counts as one failure.
"""
import argparse
import glob
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import lint
from tally import Tally, read_junit, read_meson

REPO = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.join(REPO, "build")
RESULTS = os.path.join(BUILD, "results")
PROGRAM_DIRS = ("src/agent", "src/central", "src/ctl", "src/sim")
VARIANT_FLAGS = {"release": "--release", "test": "--asan", "tsan": "--tsan", "fuzz": "--fuzz"}
FUZZ_RUNS = 20000
FUZZ_SECONDS = 5       # for each target, where it does not come so far
NAME_CHARS = 160
# A machine that ends the whole run at some time must hear the closing line before that.
DEADLINE = float(os.environ.get("AETHERIUS_DEV_DEADLINE", time.time() + 86400))
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1",
}


def say(text):
    elapsed = int(time.time() - float(os.environ.get("AETHERIUS_DEV_T0", time.time())))
    print(f"[{elapsed:3d}s] {text}", flush=True)


def run(command, timeout_s, **options):
    """Runs a command and returns its exit status, or None when it had to be ended because it took too long.

    It has a process group of its own, so that an end for it is an end for its children."""
    timeout_s = max(1, min(timeout_s, int(DEADLINE - time.time())))
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0, **options)
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        say(f"{os.path.basename(command[0])} did not finish within {timeout_s} s: ending it")
        return None
    finally:
        end_group(process)


def end_group(process):
    for signal_number, grace_s in ((signal.SIGINT, 15), (signal.SIGKILL, 5)):
        if process.poll() is not None:
            return
        try:
            os.killpg(process.pid, signal_number)
            process.wait(grace_s)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def environment(variant):
    """For programs of build/VARIANT: they stand first on PATH, and sanitizers stop at the first finding."""
    build = os.path.join(BUILD, variant)
    path = [os.path.join(build, folder) for folder in PROGRAM_DIRS] + [os.environ["PATH"]]
    return {**os.environ, **SANITIZER_OPTIONS, "PATH": os.pathsep.join(path), "AETHERIUS_BUILD": build,
            "PYTHONDONTWRITEBYTECODE": "1"}


def build(variant):
    return run([os.path.join(REPO, "dev"), "build", VARIANT_FLAGS[variant]], 1800) == 0


def built(tally, *variants):
    """Builds; a build that fails is the suite's failure."""
    for variant in variants:
        if not build(variant):
            tally.fails(f"build/{variant}")
            return False
    return True


def meson_suite(tally, fast, variant):
    if not built(tally, variant):
        return
    log = os.path.join(BUILD, variant, "meson-logs", "testlog.json")
    remove(log)
    command = ["meson", "test", "-C", os.path.join(BUILD, variant), "--no-rebuild", "--print-errorlogs", "--suite", "unit"]
    status = run(command + (["--no-suite", "slow"] if fast else []), 900, env=environment(variant))
    if os.path.exists(log):
        tally.add(read_meson(log))
    if status != 0 and not tally.failed:
        tally.fails(f"meson test ({'too slow' if status is None else f'exit {status}'})")


def suite_unit(tally, fast):
    meson_suite(tally, fast, "test")


def suite_tsan(tally, fast):
    """The unit tests once more, for races between loops; counted apart, since they are the same tests."""
    if fast:
        tally.skips("tsan", "left out by --fast")
    else:
        meson_suite(tally, fast, "tsan")


def suite_lint(tally, _fast):
    lint.run_all(tally)


def suite_web(tally, fast):
    """The dashboard's modules, then the dashboard in Chromium; without Chromium the second part skips itself."""
    web = os.path.join(REPO, "web")
    if run([os.path.join(REPO, "tools", "web", "install.sh"), web], 600) != 0:
        tally.fails("npm ci")
        return
    vitest(tally, web, "web", "vitest.config.ts")
    if fast:
        tally.skips("dashboard in a browser", "left out by --fast")
    else:
        vitest(tally, web, "browser", "vitest.e2e.config.ts")


def vitest(tally, web, name, config):
    results = os.path.join(RESULTS, f"{name}.xml")
    remove(results)
    command = ["npx", "--no-install", "vitest", "run", "--config", config, "--reporter=default", "--reporter=junit",
               f"--outputFile.junit={results}"]
    add_junit(tally, f"vitest {name}", results, run(command, 1500, cwd=web, env={**os.environ, "NO_COLOR": "1"}))


def suite_system(tally, fast):
    pytest(tally, "system", fast, 1500)


def suite_scenario(tally, fast):
    pytest(tally, "scenario", fast, 1500)


def pytest(tally, folder, fast, timeout_s, variants=("test", "release")):
    """One folder of pytest files, with the programs of these builds made; the first is under test (AETHERIUS_BUILD and PATH say so)."""
    tests = os.path.join(REPO, "tests", folder)
    if not glob.glob(os.path.join(tests, "**", "test_*.py"), recursive=True):
        return
    if not built(tally, *variants):
        return
    results = os.path.join(RESULTS, f"{folder}.xml")
    remove(results)
    command = [sys.executable, "-m", "pytest", "-q", "--color=no", "-rfE", f"--junitxml={results}", tests]
    status = run(command + (["-m", "not slow"] if fast else []), timeout_s, cwd=REPO, env=environment(variants[0]))
    if status != 5:     # 5: pytest found nothing to run, which is no failure of what is under test
        add_junit(tally, f"pytest tests/{folder}", results, status)


def add_junit(tally, runner, results, status):
    found = Tally()
    try:
        found = read_junit(results)
    except (OSError, SyntaxError):      # ElementTree.ParseError is a SyntaxError
        pass
    tally.add(found)
    if status != 0 and not found.failed:
        tally.fails(f"{runner} ({'too slow' if status is None else f'exit {status}'})")


def suite_fuzz(tally, fast, search_s=0):
    if not os.path.isdir(os.path.join(REPO, "tests", "fuzz")):
        return
    if fast:
        tally.skips("fuzz", "left out by --fast")
        return
    if not built(tally, "fuzz"):
        return
    targets = [target for target in sorted(glob.glob(os.path.join(BUILD, "fuzz", "tests", "fuzz", "fuzz_*")))
               if os.path.isfile(target) and os.access(target, os.X_OK)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for target, log in zip(targets, pool.map(lambda target: fuzz(target, search_s), targets)):
            if log is None:
                tally.passes()
            else:
                tally.fails(f"fuzz::{os.path.basename(target)}")
                print(log)


def fixed_addresses():
    """What libFuzzer makes of a seed depends on addresses, too. Some containers do not let a program fix them."""
    fixed = ["setarch", "-R"]
    done = subprocess.run(fixed + ["true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return fixed if done.returncode == 0 else []


def fuzz(target, search_s):
    """Without a search every run tries the same inputs: those that are committed, and the first that one seed makes of them. A search
    goes on from what earlier ones learned, with a new seed. Returns None, or the end of the log when it found something."""
    name = os.path.basename(target)
    seeds = os.path.join(REPO, "tests", "fuzz", "corpus", name.removeprefix("fuzz_"))
    corpus = os.path.join(BUILD, "fuzz", "learned" if search_s else "run", name)
    found = os.path.join(BUILD, "fuzz", f"found-{name}-")
    if not search_s:
        shutil.rmtree(corpus, ignore_errors=True)
    os.makedirs(corpus, exist_ok=True)
    command = [target, f"-max_total_time={search_s}"] if search_s else fixed_addresses() + [
        target, "-seed=1", "-reload=0", f"-runs={FUZZ_RUNS}", f"-max_total_time={FUZZ_SECONDS}"]
    log_path = os.path.join(RESULTS, f"fuzz-{name}.log")
    with open(log_path, "wb") as log:
        status = run([*command, "-timeout=10", "-rss_limit_mb=2048", f"-artifact_prefix={found}", corpus, seeds],
                     (search_s or FUZZ_SECONDS) + 60, env=environment("fuzz"), stdout=log, stderr=subprocess.STDOUT)
    if status == 0:
        return None
    with open(log_path, encoding="utf-8", errors="replace") as log:
        return "".join(log.readlines()[-40:]) + f"the input is build/fuzz/found-{name}-*: once mended, keep it in tests/fuzz/corpus/{os.path.basename(seeds)}"


def suite_peers(tally, fast):
    if not glob.glob(os.path.join(REPO, "tests", "peers", "test_*.py")):
        return
    programs = os.path.join(os.environ["AETHERIUS_PEERS"], "bin")
    if fast:
        tally.skips("peers", "left out by --fast")
    elif not os.path.exists(os.path.join(programs, "kube-apiserver")):
        tally.skips("peers", f"no kube-apiserver in {programs}: ./dev peers builds it where Go is at hand")
    else:
        pytest(tally, "peers", fast, 900, variants=("release",))


SUITES = {
    "unit": suite_unit,
    "lint": suite_lint,
    "web": suite_web,
    "system": suite_system,
    "scenario": suite_scenario,
    "tsan": suite_tsan,
    "fuzz": suite_fuzz,
    "peers": suite_peers,
}


def remove(path):
    if os.path.exists(path):
        os.remove(path)


def run_suite(name, suite, fast):
    say(f"suite {name}")
    started = time.monotonic()
    tally = Tally()
    try:
        suite(tally, fast)
    except Exception as error:    # one broken suite must not hide what the others say
        tally.fails(f"{name} ({type(error).__name__}: {error})")
    say(f"suite {name}: {tally.counts()} ({time.monotonic() - started:.1f} s)")
    return tally


def chosen(options):
    if options.search:
        return [("fuzz", partial(suite_fuzz, search_s=options.search))]
    return [(name, SUITES[name]) for name in options.only or SUITES]


def short(text):
    """One line that a person reads: a test's parameters can be kilobytes of hostile bytes."""
    return "".join(c if c.isprintable() else "?" for c in text[:NAME_CHARS]) + ("..." if len(text) > NAME_CHARS else "")


def report(total):
    for name, reason in total.skipped:
        print(f"skipped  {short(name)}: {short(reason)}")
    for name in total.failed:
        print(f"FAILED   {short(name)}")
    print(total.counts(), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="./dev test")
    parser.add_argument("--only", action="append", choices=list(SUITES), metavar="SUITE")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--search", type=int, default=0, metavar="SECONDS")
    options = parser.parse_args()
    os.makedirs(RESULTS, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    total = Tally()
    interrupted = False
    try:
        for name, suite in chosen(options):
            total.add(run_suite(name, suite, options.fast))
    except KeyboardInterrupt:
        interrupted = True
        total.fails("interrupted")
    report(total)
    return 130 if interrupted else 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
