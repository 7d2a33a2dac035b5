"""The objects of the sandbox cluster: versions, changes, preconditions. It is the etcd and the registry in one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from sandbox.cluster import meta
from sandbox.cluster.errors import AlreadyExists, ApiError, Conflict, Gone, Invalid, NotFound
from sandbox.cluster.journal import Change, Journal, Record
from sandbox.cluster.kinds import BY_KEY, SERVED, Kind
from sandbox.cluster.owners import Owners
from sandbox.cluster.seams import Manifest

__all__ = ["AlreadyExists", "ApiError", "Conflict", "Gone", "Invalid", "NotFound", "Record", "Store"]

_FOREGROUND = "foregroundDeletion"
Changes = list[Change]
Records = list[Record]
Admission = Callable[[Kind, Manifest, Manifest | None], None]


def accept(kind: Kind, obj: Manifest, old: Manifest | None) -> None:
    """The admission of a bare store: everything."""


class Store:
    """Implements `seams.Objects`. Synchronous: every call is one step of the event loop, so it is atomic."""

    def __init__(self, *, seed: int = 7, history: int = 4096, admit: Admission = accept) -> None:
        self._dice = random.Random(seed)
        self._admit = admit
        self._tables: dict[str, dict[tuple[str, str], Record]] = {kind.key: {} for kind in SERVED if kind.stored}
        self._journals = {key: Journal(history) for key in self._tables}
        self._owners = Owners()
        self.revision = 1
        self.compacted = 0

    def get(self, key: str, namespace: str | None, name: str) -> Manifest:
        """The stored object (shared: do not change it). Raises NotFound."""
        return self.record(key, namespace, name).obj

    def record(self, key: str, namespace: str | None, name: str) -> Record:
        """The newest version of an object. Raises NotFound."""
        found = self._tables[key].get((namespace or "", name))
        if found is None:
            raise NotFound.of(key, name)
        return found

    def list(self, key: str, namespace: str | None = None) -> list[Manifest]:
        """Every object of a resource, by namespace and name (shared: do not change them)."""
        return [record.obj for record in self.records(key, namespace)]

    def records(self, key: str, namespace: str | None = None) -> Records:
        table = self._tables[key]
        return [table[ident] for ident in sorted(table) if namespace is None or ident[0] == namespace]

    def create(self, key: str, obj: Manifest, *, dry: bool = False) -> Manifest:
        """Store a new object and return it. Raises AlreadyExists, Invalid."""
        kind = BY_KEY[key]
        new = _private(kind, obj)
        meta.born(kind, new, self._dice)
        self._admit(kind, new, None)
        ident = (new["metadata"].get("namespace", ""), new["metadata"]["name"])
        if ident in self._tables[key]:
            raise AlreadyExists.of(key, ident[1])
        return new if dry else self._commit(kind, "ADDED", new, None).obj

    def replace(self, key: str, obj: Manifest, *, subresource: str | None = None, dry: bool = False) -> Manifest:
        """Store a new version. Raises NotFound, Conflict (stale resourceVersion, other uid), Invalid."""
        kind = BY_KEY[key]
        new = _private(kind, obj)
        fields = new["metadata"]
        old = self.record(key, fields.get("namespace"), fields["name"])
        _expect(key, old, fields.get("uid"), fields.get("resourceVersion"))
        new = meta.inherit(kind, new, old.obj, subresource)
        new["metadata"] = new["metadata"] | {"resourceVersion": str(old.revision)}
        self._admit(kind, new, old.obj)
        if new == old.obj:
            return old.obj
        if dry:
            return new
        changed = self._commit(kind, "MODIFIED", new, old).obj
        self._finish(kind, changed)
        return changed

    def modify(
        self, key: str, namespace: str | None, name: str, change: Any, *, subresource: str | None = None
    ) -> Manifest:
        """Apply `change(copy)`, which edits the copy or returns another object. Raises as `replace`."""
        copy = self.record(key, namespace, name).copy()
        changed = change(copy)
        return self.replace(key, copy if changed is None else changed, subresource=subresource)

    def delete(
        self,
        key: str,
        namespace: str | None,
        name: str,
        *,
        grace: int | None = None,
        propagation: str = "Background",
        uid: str | None = None,
        revision: str | None = None,
        dry: bool = False,
    ) -> Manifest:
        """Remove an object, or mark it: a pod with grace, an owner waiting for dependents. Returns its last state."""
        old = self.record(key, namespace, name)
        _expect(key, old, uid, revision, precondition=True)
        if dry:
            return old.obj
        if key == "pods" and (period := _grace(old.obj, grace)) > 0:
            return self._mark(old, period)
        if propagation == "Orphan":
            self._orphan(old)
        elif self._cascade(old, propagation) and propagation == "Foreground":
            return self._mark(old, 0, _FOREGROUND)
        return self._remove(old)

    async def subscribe(self, *keys: str) -> AsyncIterator[tuple[str, str, Manifest]]:
        """Yield (type, key, object): every present object as ADDED, then each change in order, across the keys.

        A reader too slow for the journals starts over with every present object as ADDED.
        """
        changed = asyncio.Event()
        for key in keys:
            self._journals[key].attach(changed)
        try:
            seen = -1
            while True:
                if seen < max(self._journals[key].dropped for key in keys):
                    present = [(key, record.obj) for key in keys for record in self.records(key)]
                    seen = self.revision
                    for key, obj in present:
                        yield "ADDED", key, obj
                    continue
                changed.clear()
                for change in self._merged(keys, seen):
                    seen = change.revision
                    yield change.type, change.record.kind.key, change.record.obj
                if not changed.is_set():
                    await changed.wait()
        finally:
            for key in keys:
                self._journals[key].detach(changed)

    def journal(self, key: str) -> Journal:
        return self._journals[key]

    def since(self, key: str, revision: int) -> Changes:
        """The changes of a resource after `revision`. Raises Gone when they are no longer all kept."""
        oldest = max(self.compacted, self._journals[key].dropped)
        if revision < oldest:
            raise Gone(f"too old resource version: {revision} ({oldest})")
        return self._journals[key].since(revision)

    def compact(self) -> None:
        """Forget what was before now: a watch or a page from an older revision gets Gone from here on."""
        self.revision += 1
        self.compacted = self.revision

    def _merged(self, keys: tuple[str, ...], seen: int) -> Changes:
        changes = [change for key in keys for change in self._journals[key].since(seen)]
        return sorted(changes, key=lambda change: change.revision)

    def _commit(self, kind: Kind, type_: str, obj: Manifest, old: Record | None) -> Record:
        self.revision += 1
        obj["metadata"] = obj["metadata"] | {"resourceVersion": str(self.revision)}
        bare = msgspec.json.encode({k: v for k, v in obj.items() if k not in ("kind", "apiVersion")})
        ident = (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        stored = msgspec.json.decode(kind.head + bare[1:])
        record = Record(kind, *ident, self.revision, stored, bare)
        if type_ == "DELETED":
            del self._tables[kind.key][ident]
            self._owners.forget(record)
        else:
            self._tables[kind.key][ident] = record
            self._owners.note(record, old)
        self._journals[kind.key].append(Change(self.revision, type_, record, old))
        return record

    def _remove(self, old: Record) -> Manifest:
        gone = self._commit(old.kind, "DELETED", dict(old.obj), old).obj
        if old.kind.key == "namespaces":
            self._empty(old.name)
        for owner in gone["metadata"].get("ownerReferences", ()):
            self._release(owner["uid"])
        return gone

    def _mark(self, old: Record, grace: int, finalizer: str = "") -> Manifest:
        """Write the deletion time; a second delete may only shorten it."""
        fields = dict(old.obj["metadata"])
        if fields.get("deletionGracePeriodSeconds", grace + 1) <= grace:
            return old.obj
        end = datetime.now(UTC) + timedelta(seconds=grace)
        fields |= {"deletionTimestamp": meta.stamp(end), "deletionGracePeriodSeconds": grace}
        if finalizer:
            fields["finalizers"] = sorted({*fields.get("finalizers", ()), finalizer})
        return self._commit(old.kind, "MODIFIED", old.obj | {"metadata": fields}, old).obj

    def _cascade(self, owner: Record, propagation: str) -> bool:
        """Delete what it owns; True while some of that is still there."""
        uid = owner.obj["metadata"]["uid"]
        for key, namespace, name in self._owners.of(uid):
            if (namespace, name) in self._tables[key]:
                self.delete(key, namespace, name, propagation=propagation)
        return bool(self._owners.of(uid))

    def _orphan(self, owner: Record) -> None:
        uid = owner.obj["metadata"]["uid"]
        for key, namespace, name in self._owners.of(uid):
            self.modify(key, namespace, name, lambda obj: _disown(obj, uid))

    def _release(self, uid: str) -> None:
        """Remove an owner that waited for its last dependent."""
        holder = self._owners.holder(uid)
        if holder is None or self._owners.of(uid):
            return
        key, namespace, name = holder
        record = self._tables[key].get((namespace, name))
        if record is not None and _FOREGROUND in record.obj["metadata"].get("finalizers", ()):
            self._remove(record)

    def _finish(self, kind: Kind, obj: Manifest) -> None:
        """Remove a marked object whose last finalizer was taken off."""
        fields = obj["metadata"]
        if kind.key != "pods" and fields.get("deletionTimestamp") and not fields.get("finalizers"):
            self._remove(self.record(kind.key, fields.get("namespace"), fields["name"]))

    def _empty(self, namespace: str) -> None:
        for table in self._tables.values():
            for record in [record for ident, record in table.items() if ident[0] == namespace]:
                if (record.namespace, record.name) in table:
                    self._remove(record)


def _private(kind: Kind, obj: Manifest) -> Manifest:
    bare = msgspec.json.encode({k: v for k, v in obj.items() if k not in ("kind", "apiVersion")})
    copy: Manifest = msgspec.json.decode(kind.head + bare[1:]) if len(bare) > 2 else {}
    copy.setdefault("metadata", {})
    return copy


def _expect(key: str, old: Record, uid: str | None, revision: str | None, *, precondition: bool = False) -> None:
    if uid and uid != old.obj["metadata"]["uid"]:
        raise Conflict.precondition(key, old.name, "UID", uid, old.obj["metadata"]["uid"])
    if revision and revision != str(old.revision):
        if precondition:
            raise Conflict.precondition(key, old.name, "ResourceVersion", revision, str(old.revision))
        raise Conflict.stale(key, old.name)


def _grace(pod: Manifest, asked: int | None) -> int:
    """The seconds a pod gets: none before it has a node and after it has ended."""
    if not pod.get("spec", {}).get("nodeName") or pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    return asked if asked is not None else int(pod["spec"].get("terminationGracePeriodSeconds", 30))


def _disown(obj: Manifest, uid: str) -> None:
    kept = [owner for owner in obj["metadata"].get("ownerReferences", ()) if owner["uid"] != uid]
    obj["metadata"]["ownerReferences"] = kept
