"""An API server as a client sees it: one request a connection, with what a kubeconfig says of address, trust and identity."""

import base64
import http.client
import json
import ssl
import tempfile
from pathlib import Path

import yaml


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()

    def json(self):
        return json.loads(self.text)

    def frames(self):
        """Of a watch: one JSON object a line."""
        return [json.loads(line) for line in self.text.splitlines()]


class Server:
    def __init__(self, kubeconfig):
        conf = yaml.safe_load(Path(kubeconfig).read_text())
        cluster, user = conf["clusters"][0]["cluster"], conf["users"][0]["user"]
        scheme, self.address = cluster["server"].split("://")
        self.identity = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
        self.tls = self.tls_of_a_stranger = None
        if scheme == "https":
            self.tls, self.tls_of_a_stranger = (ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()) for _ in range(2))
            with tempfile.NamedTemporaryFile() as pem:
                pem.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
                pem.flush()
                self.tls.load_cert_chain(pem.name)

    def ask(self, path, method="GET", body=None, headers=None, stranger=False):
        """body is JSON, or text as it is; a stranger shows no certificate."""
        tls = self.tls_of_a_stranger if stranger else self.tls
        connection = http.client.HTTPSConnection(self.address, timeout=20, context=tls) if tls else http.client.HTTPConnection(self.address, timeout=20)
        sent = {"User-Agent": "agent/1", **self.identity, **({"Content-Type": "application/json"} if body else {}), **(headers or {})}
        try:
            connection.request(method, path, json.dumps(body) if isinstance(body, dict) else body, sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def pod(self, beginning):
        """The name of a pod of the namespace shop."""
        return next(name for name in (p["metadata"]["name"] for p in self.ask("/api/v1/namespaces/shop/pods").json()["items"]) if name.startswith(beginning))
