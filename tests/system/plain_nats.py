"""A NATS client of forty lines: what any program that follows the protocol of the broker can do, and nothing of ours in it."""

import json
import socket
import time


class PlainNats:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.buffer = b""
        self.got = []
        self.numbers = 0
        assert self._line().startswith("INFO ")
        self._send(b'CONNECT {"verbose":false,"pedantic":false,"lang":"plain","version":"1"}\r\nPING\r\n')
        assert self._line() == "PONG"

    def _send(self, data):
        self.socket.sendall(data)

    def _fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server ended the connection")
        self.buffer += data

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._fill()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode()

    def publish(self, subject, body, reply=""):
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self._send(f"PUB {subject} {reply + ' ' if reply else ''}{len(data)}\r\n".encode() + data + b"\r\n")

    def subscribe(self, subject):
        self.numbers += 1
        self._send(f"SUB {subject} {self.numbers}\r\nPING\r\n".encode())
        while self._read_one() != "PONG":
            pass

    def _read_one(self):
        """Reads one protocol line; a message is kept in got."""
        line = self._line()
        if line == "PING":
            self._send(b"PONG\r\n")
        if line.startswith(("MSG ", "HMSG ")):
            parts = line.split()
            size = int(parts[-1])
            headers = int(parts[-2]) if parts[0] == "HMSG" else 0
            while len(self.buffer) < size + 2:
                self._fill()
            self.got.append((parts[1], self.buffer[headers:size]))
            self.buffer = self.buffer[size + 2:]
        return line

    def wait(self, subject, check=lambda body: True, seconds=10):
        """The first message on the subject whose JSON body passes; earlier ones are consumed."""
        end = time.monotonic() + seconds
        while True:
            while self.got:
                found, data = self.got.pop(0)
                body = json.loads(data) if data else None
                if found == subject and check(body):
                    return body
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"nothing fitting on {subject} within {seconds} s")
            self.socket.settimeout(left)
            try:
                self._read_one()
            except TimeoutError:
                pass

    def close(self):
        self.socket.close()
