"""kill -9 at any point: each request that left has its intent on disk, and what has no end is shown later."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from providers.core.audit import Scene
from tests.unit.core.build import OPERATOR, audit_in

KILLS = int(os.environ.get("FUSION_KILLS", "6"))


def _requests(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_every_request_has_an_intent_and_every_open_intent_is_shown(tmp_path: Path) -> None:
    chance, path = random.Random(7), tmp_path / "requests"
    command = [sys.executable, "-m", "tests.unit.core.gate_runner", str(tmp_path)]
    for kill in range(KILLS):
        with subprocess.Popen([*command, f"console {kill}"]) as console:
            wanted, deadline = len(_requests(path)) + chance.randrange(1, 5), time.monotonic() + 30
            while len(_requests(path)) < wanted:
                assert time.monotonic() < deadline
            # Anywhere in the next change: a few thousand instructions are as good as random.
            for _ in range(chance.randrange(20_000)):
                pass
            console.kill()
    audit = audit_in(tmp_path)
    audit.note(Scene(OPERATOR, "staging", False), "note", "the next start")
    assert audit.verify().ok
    entries = list(audit.read())
    intents = [entry.message for entry in entries if entry.kind == "intent"]
    assert len(set(intents)) == len(intents)
    requests = _requests(path)
    assert len(set(requests)) == len(requests)
    assert set(requests) <= set(intents)
    ended = {entry.id for entry in entries if entry.kind == "outcome"}
    opened = {entry.id for entry in entries if entry.kind == "intent"}
    unfinished = audit.unfinished()
    assert {entry.id for entry in unfinished} == opened - ended
    assert len(unfinished) <= KILLS
    sent = {entry.message for entry in entries if entry.kind == "intent" and entry.id in ended}
    for entry in unfinished:
        if entry.message.endswith("not sent"):
            assert entry.message.removesuffix(": not sent") not in {*requests, *sent}
