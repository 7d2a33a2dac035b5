"""What the replay server serves: recorded objects of the sandbox, multiplied, and the bytes of their logs."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from sandbox.cluster.cluster import Cluster
from sandbox.cluster.journal import Record
from sandbox.cluster.table import table

NAMESPACE = "fusion-bitcoin"
REPLICAS = 20
"""Pods of one deployment: a namespace of 5,000 pods has 250 deployments."""
PAGE = 500
LINE = 128
"""Bytes of one log line, its stamp and newline included."""
_SPACES = {
    "deployments.apps": "/apis/apps/v1", "replicasets.apps": "/apis/apps/v1", "services": "/api/v1",
    "events": "/api/v1", "endpoints": "/api/v1", "poddisruptionbudgets.policy": "/apis/policy/v1",
}  # fmt: skip
_VERSION, _RESTARTS = b"@version@", b"424242"


class Pod(NamedTuple):
    """One pod as bytes, cut where its version and its restarts stand."""

    name: str
    uid: str
    pieces: tuple[bytes, bytes, bytes]
    version: int
    restarts: int

    def body(self) -> bytes:
        first, second, third = self.pieces
        return b"%b%d%b%d%b" % (first, self.version, second, self.restarts, third)


class Recording(NamedTuple):
    """The seeded sandbox: the pod and the deployment that are multiplied, and the lists that are served as they are."""

    pod: Record
    deployment: Record
    lists: dict[str, list[bytes]]


async def _record() -> Recording:
    with tempfile.TemporaryDirectory() as directory:
        cluster = await Cluster.start(Path(directory))
        store = cluster.store
        await cluster.stop()
    lists = {
        f"{space}/namespaces/{NAMESPACE}/{key.partition('.')[0]}": [r.full for r in store.records(key, NAMESPACE)]
        for key, space in _SPACES.items()
    }
    lists["/api/v1/nodes"] = [r.full for r in store.records("nodes")]
    lists["/api/v1/namespaces/kube-system/pods"] = [r.full for r in store.records("pods", "kube-system")]
    pod = next(r for r in store.records("pods", NAMESPACE) if "-relayer-" in r.name)
    deployment = next(r for r in store.records("deployments.apps", NAMESPACE) if r.name.endswith("-relayer"))
    return Recording(pod, deployment, lists)


class Estate:
    """`pods` by name; `lists` by path. `seed` makes the same estate and the same changes every time."""

    def __init__(self, pods: int, seed: int = 7) -> None:
        recording = asyncio.run(_record())
        self.lists = recording.lists
        self.revision = 100_000
        self._dice = random.Random(seed)
        self._serial = itertools.count()
        self._record = recording.pod
        self._pieces = _pieces(recording.pod)
        self.pods: dict[str, Pod] = {}
        for _ in range(pods):
            self._born()
        self._names = list(self.pods)
        if pods >= REPLICAS:
            path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
            self.lists[path] = list(_deployments(recording.deployment, pods // REPLICAS))

    def _born(self) -> Pod:
        number = next(self._serial)
        app = _app(number // REPLICAS)
        name, uid = f"{app}-6c87b86879-{number:05d}", f"00000000-0000-4000-8000-{number:012d}"
        fill = {b"@name@": name.encode(), b"@uid@": uid.encode(), b"@app@": app.encode()}
        first, second, third = (_filled(piece, fill) for piece in self._pieces)
        pod = Pod(name, uid, (first, second, third), self._next(), 0)
        self.pods[name] = pod
        return pod

    def _next(self) -> int:
        self.revision += 1
        return self.revision

    def page(self, limit: int, start: int) -> bytes:
        """One page of the list, as JSON."""
        names = sorted(self.pods)
        bodies = [self.pods[name].body() for name in names[start : start + limit]]
        rest = f'"continue":"{start + limit}",' if start + limit < len(names) else ""
        head = (
            f'{{"kind":"PodList","apiVersion":"v1","metadata":{{{rest}"resourceVersion":"{self.revision}"}},"items":['
        )
        return head.encode() + b",".join(bodies) + b"]}"

    def tables(self) -> list[bytes]:
        """The pages of the same list as the Table that kubectl asks for."""
        bodies = [self.pods[name].body() for name in sorted(self.pods)]
        kind = self._record.kind
        records = [Record(kind, NAMESPACE, "", 0, msgspec.json.decode(body), b"") for body in bodies]
        pages: list[bytes] = []
        for start in range(0, len(records), PAGE):
            page = table(kind, records[start : start + PAGE], self.revision)
            if start + PAGE < len(records):
                page["metadata"]["continue"] = str(start + PAGE)
            pages.append(msgspec.json.encode(page))
        return pages

    def change(self) -> bytes:
        """One event of a watch: mostly a pod that restarted, sometimes one that goes, and then another that comes."""
        kind = self._dice.choices(("MODIFIED", "DELETED", "ADDED"), (90, 5, 5))[0]
        at = self._dice.randrange(len(self._names))
        pod = self.pods[self._names[at]]
        if kind == "DELETED":
            pod = self.pods.pop(pod.name)._replace(version=self._next())
            self._names[at] = self._names[-1]
            self._names.pop()
        elif kind == "ADDED":
            pod = self._born()
            self._names.append(pod.name)
        else:
            pod = self.pods[pod.name] = pod._replace(version=self._next(), restarts=pod.restarts + 1)
        return b'{"type":"%b","object":%b}\n' % (kind.encode(), pod.body())

    def state(self) -> str:
        """A digest of every pod's name, version and restarts."""
        return digest((pod.name, str(pod.version), pod.restarts) for pod in self.pods.values())


def digest(rows: Iterable[tuple[str, str, int]]) -> str:
    """One word for a whole list, whatever its order."""
    lines = sorted(f"{name} {version} {restarts}" for name, version, restarts in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def metrics(names: Iterable[str]) -> bytes:
    """What metrics-server says of pods."""
    use = {"cpu": "3m", "memory": "12Mi"}
    items = [
        {"metadata": {"name": name, "namespace": NAMESPACE}, "timestamp": "2026-01-01T00:00:00Z", "window": "15s",
         "containers": [{"name": "relayer", "usage": use}]}
        for name in names
    ]  # fmt: skip
    return msgspec.json.encode({"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "items": items})


def log_lines(count: int, ends: datetime) -> Iterator[bytes]:
    """Lines of `LINE` bytes as the kubelet sends them with timestamps; one in 500 is an error.

    One is written every microsecond, the last at `ends`.
    """
    for number in range(count):
        at = ends - timedelta(microseconds=count - number)
        bad = number % 500 == 499
        level, said = ("error", "HTLC timed out at height") if bad else ("info", "HTLC locked, waiting for block")
        text = f'{at:%Y-%m-%dT%H:%M:%S.%f}000Z {{"level":"{level}","n":{number},"msg":"{said} {number % 7919}"'
        yield (text + ',"peer":"' + "x" * (LINE - len(text) - 12) + '"}\n').encode()


def fresh_lines(count: int) -> bytes:
    """Lines written just now."""
    return b"".join(log_lines(count, datetime.now(UTC)))


def _app(number: int) -> str:
    # The first keeps its name: the configured services and their error rates are of it.
    return "fusion-bitcoin-relayer" if not number else f"fusion-bitcoin-relayer-{number:03d}"


def _pieces(record: Record) -> tuple[bytes, bytes, bytes]:
    obj = record.copy()
    meta = obj["metadata"]
    meta |= {"name": "@name@", "uid": "@uid@", "resourceVersion": "@version@"}
    meta["labels"]["app"] = "@app@"
    obj["status"]["containerStatuses"][0]["restartCount"] = int(_RESTARTS)
    first, rest = msgspec.json.encode(obj).split(_VERSION)
    second, third = rest.split(_RESTARTS)
    return first, second, third


def _filled(piece: bytes, fill: dict[bytes, bytes]) -> bytes:
    for mark, value in fill.items():
        piece = piece.replace(mark, value)
    return piece


def _deployments(record: Record, count: int) -> Iterator[bytes]:
    for number in range(count):
        obj: dict[str, Any] = record.copy()
        app = _app(number)
        obj["metadata"] |= {"name": app, "uid": f"00000000-0000-4000-9000-{number:012d}"}
        obj["spec"] |= {"replicas": REPLICAS, "selector": {"matchLabels": {"app": app}}}
        obj["status"] |= dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "availableReplicas"), REPLICAS)
        yield msgspec.json.encode(obj)
