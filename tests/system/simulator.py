"""kubesim as a process of its own, for the tests that look at what it serves."""

import json
import re
import subprocess
import urllib.request
from pathlib import Path

from stack import free_port


class Simulator:
    """A kubesim and what its kubeconfig says."""

    def __init__(self, folder, scenario, *options):
        self.folder = folder
        self.popen = subprocess.Popen(["kubesim", "--listen", f"127.0.0.1:{free_port()}", "--scenario", str(scenario), "--state-dir", str(folder),
                                       "--oracle", str(folder / "oracle"), *options], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        ready = self.popen.stdout.readline().split()
        assert ready and ready[0] == "ready", "kubesim did not start"
        self.kubeconfig = ready[1]
        text = Path(self.kubeconfig).read_text()
        self.url = re.search(r"server: (\S+)", text)[1]
        self.token = re.search(r"token: (\S+)", text)[1]

    def get(self, path):
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def stop(self):
        self.popen.terminate()
        return self.popen.wait(10)
