"""One change at a time on a target, also between processes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from providers.core.action import Target
from providers.core.errors import Refused
from providers.core.targetlock import TargetLocks
from tests.unit.core.build import FakeClock

TARGET = Target("deployment", "relayer", "fusion-bitcoin", "uid-1")
NOW = FakeClock().now()
HOLD = """
import sys
from pathlib import Path
from providers.core.targetlock import TargetLocks
from tests.unit.core.test_targetlock import NOW, TARGET
with TargetLocks(Path(sys.argv[1]), "staging").held(TARGET, "bob", "restart", NOW):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_taker_is_told_who_holds_it(tmp_path: Path) -> None:
    locks = TargetLocks(tmp_path / "locks", "staging")
    with (
        locks.held(TARGET, "alice", "rollback", NOW),
        pytest.raises(Refused) as caught,
        TargetLocks(tmp_path / "locks", "staging").held(TARGET, "bob", "restart", NOW),
    ):
        pass
    assert caught.value.message == (
        f"deployment/relayer is being changed by alice, pid {os.getpid()}, since {NOW.isoformat()} (rollback)"
    )
    with locks.held(TARGET, "bob", "restart", NOW):
        assert stat.S_IMODE(locks.path(TARGET).stat().st_mode) == 0o600
    assert locks.path(TARGET).read_bytes() == b""


def test_what_differs_in_kind_namespace_name_or_environment_is_another_target(tmp_path: Path) -> None:
    locks = TargetLocks(tmp_path, "staging")
    others = [
        msgspec.structs.replace(TARGET, kind="pod"),
        msgspec.structs.replace(TARGET, namespace="x"),
        msgspec.structs.replace(TARGET, name="\ud800../../relayer"),
    ]
    paths = {locks.path(target) for target in (TARGET, *others)} | {TargetLocks(tmp_path, "prod").path(TARGET)}
    assert len(paths) == 5
    assert {path.parent for path in paths} == {tmp_path}
    assert locks.path(TARGET) == locks.path(msgspec.structs.replace(TARGET, identity="uid-2"))


def test_another_process_holds_it_until_it_dies(tmp_path: Path) -> None:
    locks = TargetLocks(tmp_path / "locks", "staging")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "locks")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Refused, match=f"bob, pid {holder.pid}"), locks.held(TARGET, "alice", "x", NOW):
            pass
        holder.kill()
        holder.wait(10)
    with locks.held(TARGET, "alice", "x", NOW):
        pass


def test_a_lock_that_cannot_be_kept_refuses(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("in the way")
    with (
        pytest.raises(Refused, match="cannot be kept"),
        TargetLocks(tmp_path / "locks", "staging").held(TARGET, "alice", "x", NOW),
    ):
        pass


def test_a_linked_lock_file_is_refused(tmp_path: Path) -> None:
    locks = TargetLocks(tmp_path, "staging")
    (tmp_path / "precious").write_text("keep")
    locks.path(TARGET).symlink_to(tmp_path / "precious")
    with pytest.raises(Refused), locks.held(TARGET, "alice", "x", NOW):
        pass
    assert (tmp_path / "precious").read_text() == "keep"


def test_a_holder_that_cannot_be_read_is_still_a_holder(tmp_path: Path) -> None:
    locks = TargetLocks(tmp_path, "staging")
    with locks.held(TARGET, "alice", "x", NOW):
        locks.path(TARGET).write_text("garbage")
        with pytest.raises(Refused, match="another run"), locks.held(TARGET, "bob", "x", NOW):
            pass
