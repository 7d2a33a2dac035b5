"""Events, aggregated as the recorders of Kubernetes do: the same thing again only raises a count."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.cluster.errors import Conflict, NotFound
from sandbox.cluster.nodes.times import micro_stamp, now, stamp
from sandbox.cluster.seams import Manifest, Objects

_REMEMBERED = 2_000
_KEPT = 1_500
_LIFE = timedelta(hours=1)

_Sameness = tuple[str, ...]


class Recorder:
    """Writes core/v1 Events; the scheduler's are of the newer kind, with `eventTime` and a series."""

    def __init__(self, store: Objects) -> None:
        self._store = store
        self._names: OrderedDict[_Sameness, tuple[str, str]] = OrderedDict()
        self._seen: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._serial = itertools.count()

    def record(
        self, obj: Manifest, kind: str, reason: str, message: str, *, component: str, host: str = "",
        field_path: str = "", at: datetime | None = None, count: int = 1, first: datetime | None = None,
    ) -> None:  # fmt: skip
        """Once more this happened to `obj`. `kind` is "Normal" or "Warning"; `first` and `count` are for history."""
        when = at or now()
        involved = self._involved(obj, field_path)
        sameness = (component, host, involved["uid"], field_path, kind, reason, message)
        known = self._names.get(sameness)
        if known and self._again(known, when):
            return
        body = {
            "involvedObject": involved, "reason": reason, "message": message, "type": kind,
            "source": {"component": component, **({"host": host} if host else {})},
            "firstTimestamp": stamp(first or when), "lastTimestamp": stamp(when), "count": count, "eventTime": None,
            "reportingComponent": component, "reportingInstance": host,
        }  # fmt: skip
        self._create(sameness, body, when)

    def record_scheduling(self, pod: Manifest, kind: str, reason: str, message: str, action: str) -> None:
        """As the scheduler does through events.k8s.io: no first, last or count, but `eventTime` and a series."""
        when = now()
        involved = self._involved(pod, "")
        sameness = ("default-scheduler", involved["uid"], kind, reason, message)
        known = self._names.get(sameness)
        if known and self._in_series(known, when):
            return
        body = {
            "involvedObject": involved, "reason": reason, "message": message, "type": kind, "action": action,
            "source": {}, "firstTimestamp": None, "lastTimestamp": None, "eventTime": micro_stamp(when),
            "reportingComponent": "default-scheduler", "reportingInstance": "default-scheduler-sandbox",
        }  # fmt: skip
        self._create(sameness, body, when)

    @staticmethod
    def _involved(obj: Manifest, field_path: str) -> Manifest:
        meta = obj["metadata"]
        involved = {"kind": obj["kind"], "apiVersion": obj["apiVersion"], "name": meta["name"], "uid": meta["uid"]}
        if meta.get("namespace"):
            involved["namespace"] = meta["namespace"]
        if meta.get("resourceVersion"):
            involved["resourceVersion"] = meta["resourceVersion"]
        if field_path:
            involved["fieldPath"] = field_path
        return involved

    def _create(self, sameness: _Sameness, body: Manifest, when: datetime) -> None:
        involved = body["involvedObject"]
        namespace = involved.get("namespace", "default")
        name = f"{involved['name']}.{int(when.timestamp() * 1e9) + next(self._serial):x}"
        meta = {"name": name, "namespace": namespace, "creationTimestamp": stamp(when)}
        self._store.create("events", {"apiVersion": "v1", "kind": "Event", "metadata": meta, **body})
        self._names[sameness] = (namespace, name)
        self._seen[namespace, name] = when
        if len(self._names) > _REMEMBERED:
            self._names.popitem(last=False)
        if len(self._seen) > _KEPT:
            self._forget(self._seen.popitem(last=False)[0])

    def sweep(self) -> None:
        """Delete events not repeated for an hour, as the API server does by their lease."""
        floor = now() - _LIFE
        while self._seen and next(iter(self._seen.values())) < floor:
            self._forget(self._seen.popitem(last=False)[0])

    def _forget(self, where: tuple[str, str]) -> None:
        try:
            self._store.delete("events", *where)
        except NotFound:
            return

    def _change(self, where: tuple[str, str], change: Callable[[Manifest], None]) -> bool:
        try:
            self._store.modify("events", *where, change)
        except (NotFound, Conflict):
            return False
        self._seen.pop(where, None)
        self._seen[where] = now()
        return True

    def _again(self, where: tuple[str, str], when: datetime) -> bool:
        def change(event: Manifest) -> None:
            event["count"] = int(event.get("count") or 1) + 1
            event["lastTimestamp"] = stamp(when)

        return self._change(where, change)

    def _in_series(self, where: tuple[str, str], when: datetime) -> bool:
        def change(event: Manifest) -> None:
            count = int((event.get("series") or {}).get("count", 1)) + 1
            event["series"] = {"count": count, "lastObservedTime": micro_stamp(when)}

        return self._change(where, change)
