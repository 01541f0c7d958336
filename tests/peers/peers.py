"""Real clusters for the tests and the demo: a control plane and its nodes, each in a place of its own, gone again however the test ends."""

import os
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
PEERS = Path(os.environ.get("AETHERIUS_PEERS") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aetherius/peers")
CONTROL_PLANE = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"]
NODE = ["kubelet", "kube-proxy", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "crane"]
TOOLS = ["nft", "socat", "ip", "nsenter", "openssl", "curl"]
PLACES = range(10, 90)    # a place N is the ports 7000 + 10 N to + 9, the bridge aeN, the networks 10.77.N.0/24 and 10.(100 + N).0.0/16


def absent(node=True):
    """Why the tests cannot run here, or ""."""
    missing = [name for name in CONTROL_PLANE + (NODE if node else []) if not (PEERS / "bin" / name).exists()]
    if node and not (PEERS / "images/app.tar").exists():
        missing.append("the images")
    if missing:
        return f"not built: {', '.join(missing)} (./dev peers builds them where Go is at hand)"
    if node and os.geteuid() != 0:
        return "a real node needs root"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in TOOLS if not shutil.which(name, path=path)]
    if node and missing:
        return f"not installed: {', '.join(missing)}"
    mounts = [line.split() for line in open("/proc/mounts")]
    if node and not any(kind == "cgroup" and "memory" in options.split(",") for _, _, kind, options, *_ in mounts):
        return "a node of tests/peers needs cgroup v1 hierarchies, which this machine does not mount"
    return _forbidden() if node else ""


def _forbidden():
    """What a node does that not every root may do; tried once, in namespaces that are gone at once."""
    trial = ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
             "mount -t tmpfs none /sys/fs/cgroup && ip link add trial0 type veth peer name trial1 && ip link add trial2 type bridge && nft add table ip trial"]
    done = subprocess.run(trial, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return "" if done.returncode == 0 else f"a node cannot be made here: {done.stderr.strip()[-200:] or done.returncode}"


class Place:
    """The ports and networks of one cluster, held by a name that the kernel gives to one process only and takes back at its end."""

    def __init__(self):
        for number in PLACES:
            self.number, self.port = number, 7000 + 10 * number
            self.mark = socket.socket(socket.AF_UNIX)
            try:
                self.mark.bind(f"\0aetherius-peers-{number}")
            except OSError:
                self.mark.close()
                continue
            if self._free():
                return
            self.mark.close()
        raise RuntimeError(f"no free place for a cluster on this machine (looked at the ports from {7000 + 10 * PLACES.start} on)")

    def _free(self):
        for port in range(self.port, self.port + 5):
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind(("127.0.0.1", port))
                except OSError:
                    return False
        self.sweep()
        return not Path(f"/sys/class/net/ae{self.number}").exists()

    def sweep(self):
        """What a suite that was killed has left here: a bridge without ports, empty cgroups, routes to nowhere."""
        bridge = Path(f"/sys/class/net/ae{self.number}")
        if bridge.exists() and not list((bridge / "brif").iterdir()):
            _try("ip", "link", "del", bridge.name)
        _try("ip", "route", "del", "unreachable", f"10.77.{self.number}.0/24", "metric", "9999")
        _try("ip", "route", "del", "unreachable", f"10.{100 + self.number}.0.0/16", "metric", "9999")
        for top in Path("/sys/fs/cgroup").glob(f"*/**/peers-{self.number}-[1-9]"):
            for folder, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass    # in use: then it is not ours to remove

    def leave(self):
        self.mark.close()


def _try(*argv):
    subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Cluster:
    """One control plane with its nodes; use as a context."""

    def __init__(self, folder, env=None):
        self.folder = Path(folder)
        self.env = {**os.environ, "AETHERIUS_PEERS": str(PEERS), **(env or {})}
        self.place = self.kubeconfig = None
        self.nodes = 0
        self.applied = {}    # manifest: when (time.monotonic)

    def _run(self, script, *arguments):
        done = subprocess.run([HERE / script, *map(str, arguments)], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=300)
        if done.returncode:
            raise RuntimeError(f"{script} {' '.join(map(str, arguments))}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def up(self, nodes=1):
        self.place = Place()
        self.kubeconfig = self._run("control-plane.sh", "up", self.folder, self.place.port).splitlines()[-1]
        for self.nodes in range(1, nodes + 1):    # counted before it is there: half a node is taken down, too
            self._run("node.sh", "up", self.folder, self.nodes)
        return self

    def down(self):
        """Takes everything down, also what is only half up; the first complaint is raised at the end."""
        if not self.place:
            return
        complaint = None
        for script, *which in [("node.sh", number) for number in range(self.nodes, 0, -1)] + [("control-plane.sh",)]:
            try:
                self._run(script, "down", self.folder, *which)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                complaint = complaint or error
        self.place.sweep()
        self.place.leave()
        self.place = None
        if complaint:
            raise complaint

    def stop_control_plane(self):
        self._run("control-plane.sh", "down", self.folder)

    def start_control_plane(self):
        self._run("control-plane.sh", "up", self.folder, self.place.port)

    def freeze(self, number=1):
        self._run("node.sh", "freeze", self.folder, number)

    def thaw(self, number=1):
        self._run("node.sh", "thaw", self.folder, number)

    def kubectl(self, *arguments, text=None):
        return subprocess.run([PEERS / "bin/kubectl", "--kubeconfig", self.kubeconfig, *arguments], input=text, check=True, capture_output=True, text=True, timeout=60).stdout

    def apply(self, *names):
        """Manifests of failures/ by the beginning of their names."""
        for path in sorted((HERE / "failures").glob("*.yaml")):
            if not names or path.name.startswith(tuple(names)):
                self.applied[path.name] = time.monotonic()
                for _ in range(20):
                    try:
                        self.kubectl("apply", "-f", str(path))
                        break
                    except subprocess.CalledProcessError as error:
                        last = error    # the service account of a new namespace takes a moment
                else:
                    raise RuntimeError(f"{path.name}: {last.stderr}")

    def delete(self, *names):
        """Takes manifests away again by the beginning of their names; returns the names of the objects. What these have made follows."""
        said = "".join(self.kubectl("delete", "-f", str(path), "--ignore-not-found", "--wait=false", "--grace-period=0", "--force", "-o", "name")
                       for path in sorted((HERE / "failures").glob("*.yaml")) if path.name.startswith(tuple(names)))
        return {line.split("/", 1)[1] for line in said.splitlines() if "/" in line}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()


class Clusters:
    """Several at once; they come up, and go, side by side."""

    def __init__(self, folder, count, env=None):
        self.all = [Cluster(Path(folder) / f"c{number}", env) for number in range(1, count + 1)]

    def up(self):
        self._each(Cluster.up)
        return self.all

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._each(Cluster.down)

    def _each(self, act):
        with ThreadPoolExecutor(len(self.all)) as pool:
            for done in [pool.submit(act, cluster) for cluster in self.all]:
                done.result()
