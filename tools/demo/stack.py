"""Runs the real programs together: nats-server, central, simulated clusters, agents.

Used by the demo and by the tests, so that both see the same thing. Everything listens on 127.0.0.1, on ports that were free; everything ends with the
process that started it, however that ends (PR_SET_PDEATHSIG), and its output is kept in one folder.
"""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class StackError(Exception):
    """Something did not start or did not come about; the text says what, and where to look."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def port_is_taken(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def mounted_below(folder):
    """What is mounted there must not be removed with it: real clusters put file systems below their folder."""
    return any(line.split()[1].startswith(f"{folder}/") for line in open("/proc/self/mounts"))


def _end_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One program of the stack, its log file and its end."""

    def __init__(self, name, argv, folder, env=None):
        self.name, self.argv, self.env = name, [str(a) for a in argv], env
        self.log = Path(folder) / f"{name}.log"
        self.start()

    def start(self):
        if not shutil.which(self.argv[0]):
            raise StackError(f"{self.argv[0]} is not on PATH: run this through ./dev run")
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_end_with_parent,
                                          env={**os.environ, **(self.env or {})})

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def kill(self, signum=signal.SIGKILL):
        if self.alive():
            self.popen.send_signal(signum)
        return self.popen.wait(30)

    def stop(self, patience=10):
        """SIGTERM, and SIGKILL when that is not enough; the exit status."""
        if self.alive():
            self.popen.terminate()
        try:
            return self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise StackError(f"{self.name} did not end within {patience} s of SIGTERM (see {self.log})")

    def tail(self, lines=15):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def rss_kib(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])
        return 0

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(check, seconds, what, every=0.05, alive=()):
    """Calls check until it returns something true; that is returned. StackError when time is over or one of alive has ended."""
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        for process in alive:
            if not process.alive():
                raise StackError(f"{process.name} ended with {process.popen.returncode} while waiting for {what}\n{process.tail()}")
        if time.monotonic() > end:
            raise StackError(f"not within {seconds} s: {what}")
        time.sleep(every)


class Api:
    """Central's HTTP interface."""

    def __init__(self, url):
        self.url = url.rstrip("/")

    def call(self, path, method="GET", body=None, timeout=10):
        """(status, parsed JSON or text)."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers={"Content-Type": "application/json"} if data else {})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=timeout) as answer:
                status, raw, kind = answer.status, answer.read(), answer.headers.get("Content-Type", "")
        except urllib.error.HTTPError as error:
            status, raw, kind = error.code, error.read(), error.headers.get("Content-Type", "")
        return status, json.loads(raw) if "json" in kind else raw.decode(errors="replace")

    def get(self, path):
        status, body = self.call(path)
        if status != 200:
            raise StackError(f"GET {path}: {status} {body}")
        return body

    def all(self, path):
        """Every item of a list, page by page."""
        items, cursor = [], ""
        while True:
            mark = "&" if "?" in path else "?"
            page = self.get(f"{path}{mark}limit=500" + (f"&cursor={cursor}" if cursor else ""))
            items += page["items"]
            cursor = page.get("next") or ""
            if not cursor:
                return items

    def up(self):
        try:
            return self.call("/health/ready", timeout=2)[0] == 200
        except (OSError, urllib.error.URLError):
            return False


class Stack:
    """A folder, and the programs that run in it. Use as a context: everything ends with it."""

    def __init__(self, folder=None, keep=False):
        self.folder = Path(folder) if folder else Path(tempfile.mkdtemp(prefix="aetherius-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.keep = keep or folder is not None
        self.processes = []
        self.nats_port = self.http_port = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close(failed=kind is not None and not issubclass(kind, KeyboardInterrupt))

    def close(self, failed=False):
        for process in reversed(self.processes):
            try:
                process.stop()
            except StackError:
                failed = True
        self.processes = []
        if failed or self.keep or mounted_below(self.folder):
            print(f"logs are in {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, name, argv, env=None):
        process = Process(name, argv, self.folder, env)
        self.processes.append(process)
        return process

    @property
    def nats_url(self):
        return f"nats://127.0.0.1:{self.nats_port}"

    def nats(self, jetstream=True, port=None):
        self.nats_port = port or free_port()
        argv = ["nats-server", "-a", "127.0.0.1", "-p", self.nats_port]
        if jetstream:
            argv += ["-js", "-sd", self.folder / "jetstream"]
        process = self.run("nats-server", argv)
        wait_until(lambda: port_is_taken(self.nats_port), 10, "nats-server listens", alive=[process])
        return process

    def central(self, *options, http_port=None, wait=True):
        self.http_port = http_port or free_port()
        argv = ["aetherius-central", "--edge-endpoint", self.nats_url, "--data-dir", self.folder / "central", "--http-listen", f"127.0.0.1:{self.http_port}",
                "--metrics-listen", "", *options]
        process = self.run("central", argv)
        self.api = Api(f"http://127.0.0.1:{self.http_port}")
        if wait:
            wait_until(self.api.up, 20, "central answers", alive=[process])
        return process

    def cluster(self, name, scenario, *options, port=None):
        """A simulated cluster; (process, kubeconfig path, oracle path)."""
        port = port or free_port()
        oracle = self.folder / f"{name}.oracle"
        process = self.run(f"kubesim-{name}", ["kubesim", "--listen", f"127.0.0.1:{port}", "--scenario", scenario, "--oracle", oracle, "--cluster", name,
                                               "--state-dir", self.folder / f"{name}.state", *options])

        def kubeconfig():
            for line in process.log.read_text(errors="replace").splitlines() if process.log.exists() else []:
                if line.startswith("ready "):
                    return Path(line.split(maxsplit=1)[1])
            return None

        return process, wait_until(kubeconfig, 10, f"cluster {name} is ready", alive=[process]), oracle

    def agent(self, cluster_id, kubeconfig, *options, wait=True):
        argv = ["aetherius-agent", "--cluster-id", cluster_id, "--central-endpoint", self.nats_url, "--kubeconfig", kubeconfig,
                "--spool-dir", self.folder / f"{cluster_id}.spool", "--health-listen", "", "--metrics-listen", "", *options]
        process = self.run(f"agent-{cluster_id}", argv)
        if wait:
            wait_until(lambda: self.cluster_state(cluster_id) == "online", 20, f"agent of {cluster_id} is online", alive=[process])
        return process

    def cluster_state(self, cluster_id):
        status, body = self.api.call(f"/api/v1/clusters/{cluster_id}")
        return body.get("state") if status == 200 else None
