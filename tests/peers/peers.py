"""Two real clusters for the tests: started once, with every fault of failures/ in them."""

import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
PEERS = Path(os.environ.get("AETHERIUS_PEERS") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aetherius/peers")
CONTROL_PLANE = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"]
NODE = ["kubelet", "kube-proxy", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "crane"]


def absent(node=True):
    """Why the tests cannot run here, or ""."""
    missing = [name for name in CONTROL_PLANE + (NODE if node else []) if not (PEERS / "bin" / name).exists()]
    if missing:
        return f"not built: {', '.join(missing)} (./dev peers builds them where Go is at hand)"
    if node and os.geteuid() != 0:
        return "a real node needs root"
    if node and not shutil.which("nft"):
        return "nft is not installed"
    if node and not any(line.split()[2] == "cgroup" for line in open("/proc/mounts")):
        return "a node of tests/peers needs cgroup v1 hierarchies, which this machine does not mount"
    return ""


class Cluster:
    """One control plane with a node; use as a context."""

    def __init__(self, folder, port, env=None):
        self.folder, self.port = Path(folder), port
        self.env = {**os.environ, "AETHERIUS_PEERS": str(PEERS), **(env or {})}
        self.kubeconfig = None
        self.nodes = 0

    def _run(self, script, *arguments):
        done = subprocess.run([HERE / script, *map(str, arguments)], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=300)
        if done.returncode:
            raise RuntimeError(f"{script} {' '.join(map(str, arguments))}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def up(self, nodes=1):
        self.kubeconfig = self._run("control-plane.sh", "up", self.folder, self.port).splitlines()[-1]
        for number in range(1, nodes + 1):
            self._run("node.sh", "up", self.folder, number)
            self.nodes = number
        return self

    def down(self):
        for number in range(self.nodes, 0, -1):
            self._run("node.sh", "down", self.folder, number)
        self._run("control-plane.sh", "down", self.folder)

    def stop_control_plane(self):
        self._run("control-plane.sh", "down", self.folder)

    def start_control_plane(self):
        self._run("control-plane.sh", "up", self.folder, self.port)

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
                for _ in range(20):
                    try:
                        self.kubectl("apply", "-f", str(path))
                        break
                    except subprocess.CalledProcessError as error:
                        last = error    # the service account of a new namespace takes a moment
                else:
                    raise RuntimeError(f"{path.name}: {last.stderr}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()
