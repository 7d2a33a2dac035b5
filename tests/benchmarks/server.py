"""python -m tests.benchmarks.server DIRECTORY PODS: an API server that answers kubectl and the console from memory.

It is told what to do by JSON lines on stdin, answers each by a JSON line on stdout, and ends with its stdin.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import yaml

from sandbox.certificate import server_context
from sandbox.cluster.discovery import document
from sandbox.cluster.table import wanted
from tests.benchmarks.estate import LINE, NAMESPACE, PAGE, Estate, fresh_lines, log_lines, metrics

PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
METRICS = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"
CHUNK = 32 * 1024
"""Bytes the API server copies from a kubelet at a time."""
TICK = 0.01
BOOKMARK = 20.0


class Hub:
    """Who listens to one stream."""

    def __init__(self) -> None:
        self._queues: set[queue.SimpleQueue[bytes]] = set()

    def join(self) -> queue.SimpleQueue[bytes]:
        waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._queues |= {waiting}
        return waiting

    def leave(self, waiting: queue.SimpleQueue[bytes]) -> None:
        self._queues -= {waiting}

    def tell(self, data: bytes) -> None:
        for waiting in tuple(self._queues):
            waiting.put(data)


class World:
    """The estate, and what goes on in it."""

    def __init__(self, pods: int) -> None:
        self.lock = threading.Lock()
        self.estate = Estate(pods)
        self.tables = self.estate.tables()
        self.usage = metrics(self.estate.pods)
        self.watchers, self.readers = Hub(), Hub()
        self.backlog = b"".join(log_lines(1000, datetime.now(UTC)))
        self.framed: list[bytes] = []
        self.lines_each_second = 0
        self.requests: list[tuple[float, str]] = []
        self.sent = 0
        threading.Thread(target=self._write_logs, daemon=True).start()

    def churn(self, rate: int, seconds: float) -> dict[str, Any]:
        """Change pods at a rate; returns when all changes were handed to the watchers."""
        began, sent = time.monotonic(), 0
        while (passed := time.monotonic() - began) < seconds:
            due = int(passed * rate) - sent
            with self.lock:
                events = [self.estate.change() for _ in range(due)]
                if events:
                    self.watchers.tell(b"".join(map(framed, events)))
            sent += due
            time.sleep(TICK)
        return {"sent": sent}

    def fill(self, lines: int) -> dict[str, Any]:
        """Make a backlog, framed as it will be sent."""
        self.backlog = b"".join(log_lines(lines, datetime.now(UTC)))
        pieces = [framed(self.backlog[at : at + CHUNK]) for at in range(0, len(self.backlog), CHUNK)]
        self.framed = [b"".join(pieces[at : at + 32]) for at in range(0, len(pieces), 32)]
        return {"bytes": len(self.backlog)}

    def say(self, rate: int) -> dict[str, Any]:
        """Write so many log lines each second from now on."""
        self.lines_each_second = rate
        return {}

    def state(self) -> dict[str, Any]:
        with self.lock:
            return {"digest": self.estate.state(), "pods": len(self.estate.pods)}

    def asked(self) -> dict[str, Any]:
        """Every request since the last time this was asked, as (monotonic seconds, path)."""
        found, self.requests = self.requests, []
        return {"requests": found}

    def _write_logs(self) -> None:
        began, rate, sent = time.monotonic(), 0, 0
        while True:
            if rate != self.lines_each_second:
                began, rate, sent = time.monotonic(), self.lines_each_second, 0
            due = int((time.monotonic() - began) * rate) - sent
            if due:
                self.readers.tell(framed(fresh_lines(due)))
                sent += due
            time.sleep(TICK)


def framed(data: bytes) -> bytes:
    """One chunk of a chunked answer."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Handler(BaseHTTPRequestHandler):
    """One connection, on a thread of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    world: World

    def log_message(self, *_: Any) -> None:
        """Nobody reads an access log here."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {key: values[-1] for key, values in parse_qs(url.query).items()}
        self.world.requests.append((time.monotonic(), self.path))
        with suppress(ConnectionError):
            self._answer(url.path, asked)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = {"allowed": True, "userInfo": {"username": "bench"}}
        self._whole(json.dumps({"kind": "Review", "status": status}).encode())

    def _answer(self, path: str, asked: dict[str, str]) -> None:
        world = self.world
        name = path.removeprefix(PODS + "/")
        if asked.get("watch") in {"1", "true"}:
            self._watch(path)
        elif path == PODS:
            self._pods(asked)
        elif path == METRICS:
            self._whole(world.usage)
        elif path in world.estate.lists:
            self._whole(_list(world.estate.lists[path], world.estate.revision))
        elif name.endswith("/log"):
            self._log(asked)
        elif name in world.estate.pods:
            self._whole(world.estate.pods[name].body())
        elif (found := document(path)) is not None:
            self._whole(json.dumps(found).encode())
        else:
            self._whole(b'{"kind":"Status","status":"Failure","reason":"NotFound","code":404}', 404)

    def _pods(self, asked: dict[str, str]) -> None:
        limit, start = int(asked.get("limit", 1 << 30)), int(asked.get("continue", 0))
        if wanted(self.headers.get("Accept", "")):
            self._whole(self.world.tables[start // PAGE])
            return
        with self.world.lock:
            body = self.world.estate.page(limit, start)
        self._whole(body)

    def _watch(self, path: str) -> None:
        # Only pods change: nothing else needs to be told of what is not there.
        waiting = self.world.watchers.join() if path == PODS else queue.SimpleQueue[bytes]()
        bookmark = b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"%d"}}}\n'
        try:
            self._head("application/json")
            while True:
                try:
                    data = waiting.get(timeout=BOOKMARK)
                except queue.Empty:
                    data = framed(bookmark % self.world.estate.revision)
                self.wfile.write(data)
        finally:
            self.world.watchers.leave(waiting)

    def _log(self, asked: dict[str, str]) -> None:
        world = self.world
        waiting = world.readers.join()
        try:
            self._head("text/plain")
            if "tailLines" in asked or "limitBytes" in asked:
                most = int(asked.get("limitBytes", 1 << 40))
                lines = min(int(asked.get("tailLines", 1000)), most // LINE)
                self.wfile.write(framed(world.backlog[-LINE * lines :]) if lines else b"")
            else:
                for piece in world.framed or [framed(world.backlog)]:
                    self.wfile.write(piece)
            while asked.get("follow") in {"1", "true"}:
                self.wfile.write(waiting.get())
            self.wfile.write(b"0\r\n\r\n")
        finally:
            world.readers.leave(waiting)

    def _head(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _whole(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: Any) -> None:
        """Whoever hangs up has seen enough."""


def _list(items: list[bytes], revision: int) -> bytes:
    head = f'{{"kind":"List","apiVersion":"v1","metadata":{{"resourceVersion":"{revision}"}},"items":['
    return head.encode() + b",".join(items) + b"]}"


def _kubeconfig(directory: Path, port: int, authority: Path) -> Path:
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(authority)}
    context = {"cluster": "bench", "user": "bench", "namespace": NAMESPACE}
    document = {
        "apiVersion": "v1", "kind": "Config", "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": cluster}], "contexts": [{"name": "bench", "context": context}],
        "users": [{"name": "bench", "user": {"token": "bench"}}],
    }  # fmt: skip
    path = directory / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    path.chmod(0o600)
    return path


def main(directory: Path, pods: int) -> None:
    """Serve until stdin ends."""
    context, authority = server_context(directory)
    Handler.world = World(pods)
    server = Server(("127.0.0.1", 0), Handler)
    # The handshake belongs to the connection's thread, not to the one that accepts.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = _kubeconfig(directory, server.server_address[1], authority)
    print(json.dumps({"kubeconfig": str(path)}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(Handler.world, order.pop("do"))(**order)
        print(msgspec.json.encode(answer).decode(), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
