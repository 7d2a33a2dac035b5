"""The trail: what a line says, where it lies, and what happens when it cannot be written."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from providers.core import audit_file
from providers.core.action import Risk
from providers.core.audit import Audit, Head, Scene
from providers.core.audit_entry import MAX_LINE
from providers.core.errors import AuditError
from providers.core.secret import Secret
from tests.unit.core.build import OPERATOR, FakeClock, Script, audit_in, plan_of

SCENE = Scene(OPERATOR, "staging", False)


def _lines(audit: Audit) -> list[bytes]:
    return (audit.directory / "audit.jsonl").read_bytes().splitlines()


def test_an_intent_says_who_where_what_and_why(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    run = audit.intent(SCENE, plan_of(Script()), Risk.HIGH, "relayer", "crash loop")
    value = json.loads(_lines(audit)[0])
    assert value["id"] == run
    assert value["who"]["user"] == "alice"
    assert value["who"]["ssh_connection"] == "10.0.0.7 51000 10.0.0.1 22"
    assert (value["kind"], value["seq"], value["v"], value["pid"]) == ("intent", 1, 1, os.getpid())
    assert (value["target"], value["identity"], value["risk"]) == ("deployment/relayer", "uid-1", "high")
    assert (value["typed"], value["reason"], value["environment"]) == ("relayer", "crash loop", "staging")
    assert value["calls"][0]["body"] == '{"a":1}'
    assert value["preconditions"] == [{"name": "resourceVersion", "value": "77", "enforced": "server"}]
    assert len(value["plan"]) == len(value["diff"]) == 64
    assert value["at"] == "2026-05-04T12:16:40.000Z"


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        audit = audit_in(tmp_path)
        audit.note(SCENE, "note", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(audit.directory.stat().st_mode) == 0o700
    for path in audit.directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_directory_that_became_readable_is_closed_again(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    audit.note(SCENE, "note", "x")
    audit.directory.chmod(0o755)
    (audit.directory / "audit.jsonl").chmod(0o644)
    audit.note(SCENE, "note", "y")
    assert stat.S_IMODE(audit.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((audit.directory / "audit.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["audit.jsonl", "audit.head"])
def test_a_link_is_not_followed(tmp_path: Path, name: str) -> None:
    audit = audit_in(tmp_path)
    audit.directory.mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(b"")
    (audit.directory / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AuditError) as caught:
        audit.note(SCENE, "note", "x")
    assert caught.value.message
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_a_linked_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "audit").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AuditError, match="not a directory of yours"):
        audit_in(tmp_path).note(SCENE, "note", "x")


def test_control_bytes_and_secrets_do_not_get_into_the_file(tmp_path: Path) -> None:
    Secret("s3cret-sentinel")
    audit = audit_in(tmp_path)
    audit.note(SCENE, "note", "\x1b]52;c;eA==\x07 \ud800 \x9b2J s3cret-sentinel ☃\n{}", reason="s3cret-sentinel")
    raw = (audit.directory / "audit.jsonl").read_bytes()
    assert raw.isascii()
    assert raw.count(b"\n") == 1
    assert not set(raw) & (set(range(32)) - {10})
    assert b"s3cret" not in raw
    assert audit.tail(1)[0].message == "␛]52;c;eA==␇ � �2J ••• ☃␊{}"


def test_what_is_read_cannot_drive_a_terminal(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    audit.note(SCENE, "note", "harmless")
    path = audit.directory / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b"harmless", b"\\u001b[2Jx"))
    assert "\x1b" not in audit.tail(1)[0].message
    assert not audit.verify().ok


def test_an_absurdly_long_plan_still_makes_one_bounded_line(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    audit.note(SCENE, "note", "☃" * 3_000_000)
    assert len(_lines(audit)[0]) < MAX_LINE
    assert "2983616 chars, sha256" in json.loads(_lines(audit)[0])["message"]
    assert audit.verify().ok


def test_reading_from_the_end_and_from_a_number(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    for number in range(1, 301):
        audit.note(SCENE, "note", f"n{number} " + "y" * (number * 7))
    assert [entry.seq for entry in audit.tail(3)] == [298, 299, 300]
    assert [entry.seq for entry in audit.tail(1000)] == list(range(1, 301))
    assert [entry.seq for entry in audit.read(297)] == [298, 299, 300]
    assert audit.tail(0) == []


def test_nothing_recorded_yet_is_not_an_error(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    assert (audit.tail(5), list(audit.read()), audit.unfinished()) == ([], [], [])
    assert audit.verify().ok
    assert not audit.directory.exists()


def test_unfinished_tells_sent_from_not_sent(tmp_path: Path) -> None:
    audit, plan = audit_in(tmp_path), plan_of(Script())
    runs = [audit.intent(SCENE, plan, Risk.HIGH, "relayer", "") for _ in range(4)]
    audit.outcome(SCENE, plan, runs[0], "done", "ok")
    audit.outcome(SCENE, plan, runs[1], "", "sending", "sent")
    audit.note(SCENE, "resolved", "looked: it is not there", run=runs[2])
    left = audit.unfinished()
    assert [entry.id for entry in left] == [runs[1], runs[3]]
    assert left[0].message.endswith("sent, its outcome is not recorded")
    assert left[1].message.endswith("not sent")


def test_only_known_kinds_are_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no kind"):
        audit_in(tmp_path).note(SCENE, "gossip", "x")


def test_the_anchor_is_told_each_head_and_may_fail(tmp_path: Path) -> None:
    heads: list[Head] = []

    def anchor(head: Head) -> None:
        heads.append(head)
        raise OSError("no log here")

    audit = Audit(tmp_path / "audit", clock=FakeClock(), anchor=anchor)
    audit.note(SCENE, "note", "a")
    audit.note(SCENE, "note", "b")
    assert [head.seq for head in heads] == [1, 2]
    assert audit.verify().head == heads[-1].sha256


def test_a_deleted_directory_is_not_quietly_begun_anew(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    audit.note(SCENE, "note", "a")
    audit.directory.rename(tmp_path / "gone")
    with pytest.raises(AuditError, match="ends at entry 0, but 1 were written"):
        audit.note(SCENE, "note", "b")


def test_something_else_in_the_way_names_the_fix(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(AuditError) as caught:
        audit_in(tmp_path).note(SCENE, "note", "a")
    assert "chmod 700" in caught.value.fix


def test_a_full_disk_is_an_error_and_what_was_torn_is_kept(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    audit.note(SCENE, "note", "a")
    size = (audit.directory / "audit.jsonl").stat().st_size
    # A file size limit cuts a write short exactly as a full disk does.
    code = (
        "import resource, sys; from tests.unit.core import audit_writer;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 100}, resource.RLIM_INFINITY));"
        "audit_writer.main(sys.argv[1], '1')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(audit.directory)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "AuditError" in ended.stderr
    assert ended.stdout == ""
    torn = audit.verify()
    assert (torn.ok, torn.reason, torn.fault_line) == (False, "torn", 2)
    assert audit.note(SCENE, "note", "b").seq == 2
    whole = audit.verify()
    assert (whole.ok, whole.lines, whole.torn) == (True, 3, (2,))


def test_several_torn_lines_are_all_covered(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    path = audit.directory / "audit.jsonl"
    audit.note(SCENE, "note", "a")
    for torn in (b'{"v":1,"se', b"\n{", b"\n"):
        with path.open("ab") as file:
            file.write(torn)
    audit.note(SCENE, "note", "b")
    assert audit.verify().torn == (2, 3)
    path.write_bytes(path.read_bytes().replace(b'{"v":1,"se\n', b'{"v":1,"sE\n'))
    found = audit.verify()
    assert (found.reason, found.fault_line) == ("edited", 2)


def test_a_line_that_lacks_only_its_newline_is_an_entry(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    path = audit.directory / "audit.jsonl"
    audit.note(SCENE, "note", "a")
    head = (audit.directory / "audit.head").read_bytes()
    audit.note(SCENE, "note", "b")
    path.write_bytes(path.read_bytes()[:-1])  # killed before the newline, and so before the head
    (audit.directory / "audit.head").write_bytes(head)
    assert audit_in(tmp_path).note(SCENE, "note", "c").seq == 3
    assert audit.verify().ok


def test_consoles_that_write_at_once_make_one_chain(tmp_path: Path) -> None:
    audit = audit_in(tmp_path)
    command = [sys.executable, "-m", "tests.unit.core.audit_writer", str(audit.directory), "25"]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    numbers = [int(line) for writer in writers for line in writer.communicate(timeout=60)[0].split()]
    assert sorted(numbers) == list(range(1, 76))
    found = audit.verify()
    assert (found.ok, found.lines, found.torn) == (True, 75, ())


def test_a_console_that_holds_the_trail_does_not_stop_others_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = audit_in(tmp_path)
    audit.note(SCENE, "note", "a")
    monkeypatch.setattr(audit_file, "_LOCK_DEADLINE", 0.05)
    with (
        audit_file.opened(audit.directory, write=True),
        pytest.raises(AuditError, match="another process has held"),
    ):
        audit_in(tmp_path).note(SCENE, "note", "b")


def test_kill_at_any_point_never_breaks_the_chain(tmp_path: Path) -> None:
    """Fifteen writers are killed at different lines; all that was acknowledged is there, and the chain holds."""
    audit = audit_in(tmp_path)
    acknowledged: list[int] = []
    command = [sys.executable, "-m", "tests.unit.core.audit_writer", str(audit.directory), "100000"]
    for kill in range(15):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(1 + kill * 3 % 7):
                acknowledged.append(int(writer.stdout.readline()))
            writer.kill()
            acknowledged += [int(line) for line in writer.stdout.read().split("\n")[:-1] if line]
    audit_in(tmp_path).note(SCENE, "note", "after the last kill")
    found = audit.verify()
    assert found.ok, found.message
    assert {entry.seq for entry in audit.read()} >= set(acknowledged)
