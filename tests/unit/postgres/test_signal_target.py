"""What speaks against ending a session, and how many it frees."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from providers.postgres.blocking import tree
from providers.postgres.rights import Rights
from providers.postgres.signal_target import Seen, blockers, freed_lines, waiting_lines
from providers.postgres.values import Backend
from tests.unit.postgres.build import backend

NONE = Rights("oncall", False, True, False, False, False, False, False)


def _seen(one: Backend, *, own: bool = False, **rights: Any) -> Seen:
    return Seen(one, msgspec.structs.replace(NONE, **rights), (), own)


@pytest.mark.parametrize(
    ("rights", "kind", "lacking"),
    [
        ({}, "client backend", "pg_signal_backend"),
        ({"signals": True}, "client backend", ""),
        ({"same": True}, "client backend", ""),
        ({"signals": True, "of_superuser": True}, "client backend", "SUPERUSER"),
        ({"superuser": True, "of_superuser": True}, "client backend", ""),
        ({"signals": True, "of_superuser": True}, "autovacuum worker", "SUPERUSER"),
        ({"signals_autovacuum": True, "of_superuser": True}, "autovacuum worker", ""),
    ],
)
def test_the_right_that_is_missing(rights: dict[str, Any], kind: str, lacking: str) -> None:
    seen = _seen(backend(backend_type=kind), **rights)
    missing = seen.rights.lacking(seen.backend)
    assert (missing.verb if missing else "") == lacking
    assert any(why.startswith("not allowed") for why in blockers(seen, forced=True)) is bool(lacking)


def test_autovacuum_against_wraparound_is_spared_but_by_force() -> None:
    query = "autovacuum: VACUUM public.swaps (to prevent wraparound)"
    seen = _seen(backend(backend_type="autovacuum worker", query=query), superuser=True)
    assert "it prevents transaction id wraparound" in blockers(seen, forced=False)[0]
    assert blockers(seen, forced=True) == ()


@pytest.mark.parametrize("forced", [False, True])
def test_what_is_never_ended(forced: bool) -> None:
    assert "console itself" in blockers(_seen(backend(), own=True, superuser=True), forced=forced)[0]
    assert (
        "server's own walwriter" in blockers(_seen(backend(backend_type="walwriter"), superuser=True), forced=forced)[0]
    )
    hidden = backend(backend_start=None, backend_type="", hidden=True)
    assert "GRANT pg_read_all_stats TO oncall;" in blockers(_seen(hidden, signals=True), forced=forced)[0]


def test_what_ending_it_frees() -> None:
    known = {pid: backend(pid, app="relayer" if pid < 4 else "") for pid in (1, 2, 3, 4)}
    nodes = tree({2: frozenset({1}), 3: frozenset({1, 2}), 4: frozenset({1})}, known, {}, {})
    root = Seen(known[1], NONE, nodes, False)
    assert freed_lines(root) == ["frees 2 sessions at once (1 relayer, 1 fusion_app); 1 more stand behind others"]
    assert {one.pid for one in root.freed} == {2, 4}
    assert freed_lines(Seen(known[3], NONE, nodes, False)) == ["nobody waits for it"]
    assert waiting_lines(known[3], nodes) == ["it waits itself for 1, 2: ending that frees more"]
    assert waiting_lines(known[1], nodes) == []
