"""Who owns whom: the index the garbage collection walks."""

from __future__ import annotations

from sandbox.cluster.journal import Record

Ident = tuple[str, str, str]
"""(resource key, namespace, name)"""


class Owners:
    """Dependents by their owner's uid, and where each owner is."""

    def __init__(self) -> None:
        self._dependents: dict[str, set[Ident]] = {}
        self._holders: dict[str, Ident] = {}

    def of(self, uid: str) -> list[Ident]:
        """What an owner owns, in a stable order."""
        return sorted(self._dependents.get(uid, ()))

    def holder(self, uid: str) -> Ident | None:
        return self._holders.get(uid)

    def note(self, record: Record, old: Record | None) -> None:
        if old is None:
            self._holders[record.obj["metadata"]["uid"]] = _ident(record)
        elif old.obj["metadata"].get("ownerReferences") == record.obj["metadata"].get("ownerReferences"):
            return
        else:
            self._drop(old)
        for owner in record.obj["metadata"].get("ownerReferences", ()):
            self._dependents.setdefault(owner["uid"], set()).add(_ident(record))

    def forget(self, record: Record) -> None:
        self._holders.pop(record.obj["metadata"]["uid"], None)
        self._drop(record)

    def _drop(self, record: Record) -> None:
        for owner in record.obj["metadata"].get("ownerReferences", ()):
            siblings = self._dependents.get(owner["uid"], set())
            siblings.discard(_ident(record))
            if not siblings:
                self._dependents.pop(owner["uid"], None)


def _ident(record: Record) -> Ident:
    return record.kind.key, record.namespace, record.name
