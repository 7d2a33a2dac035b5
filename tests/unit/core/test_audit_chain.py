"""Whatever is done to the trail behind the console's back is found, and named."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.core.audit import Audit, Scene, Verification
from providers.core.audit_chain import verify_lines
from providers.core.audit_head import Head
from providers.core.errors import AuditError
from tests.unit.core.build import OPERATOR, audit_in

SCENE = Scene(OPERATOR, "staging", False)
COUNT = 6


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[bytes], Head]:
    audit = audit_in(tmp_path_factory.mktemp("chain"))
    for number in range(1, COUNT + 1):
        audit.note(SCENE, "note", f"line {number}")
    lines = (audit.directory / "audit.jsonl").read_bytes().splitlines(keepends=True)
    return lines, Head(COUNT, audit.verify().head)


def _verify(data: bytes, head: Head | None) -> Verification:
    return verify_lines(iter(data.splitlines(keepends=True)), head)


def _filed(tmp_path: Path, count: int = COUNT) -> Audit:
    audit = audit_in(tmp_path)
    for number in range(count):
        audit.note(SCENE, "note", f"line {number}")
    return audit


def test_whole_is_whole(whole: tuple[list[bytes], Head]) -> None:
    lines, head = whole
    assert _verify(b"".join(lines), head) == Verification(
        True, COUNT, None, f"whole: {COUNT} entries, head sha256 {head.sha256}", head=head.sha256
    )


def test_every_flipped_bit_of_a_byte_is_found_and_its_line_named(whole: tuple[list[bytes], Head]) -> None:
    lines, head = whole
    data = b"".join(lines)
    for offset in range(len(data)):
        for mask in (0x01, 0x20):
            changed = bytearray(data)
            changed[offset] ^= mask
            found = _verify(bytes(changed), head)
            assert not found.ok, (offset, mask)
            line = data[:offset].count(b"\n") + 1
            assert found.fault_line is not None
            assert abs(found.fault_line - line) <= 1, (offset, mask, found)


@pytest.mark.parametrize("line", range(1, COUNT + 1))
def test_an_edited_message_names_its_line(whole: tuple[list[bytes], Head], line: int) -> None:
    lines, head = list(whole[0]), whole[1]
    lines[line - 1] = lines[line - 1].replace(b'"line ', b'"lime ')
    found = _verify(b"".join(lines), head)
    assert (found.reason, found.fault_line) == ("edited", line)


@pytest.mark.parametrize("line", range(1, COUNT))
def test_a_deleted_line_is_a_gap(whole: tuple[list[bytes], Head], line: int) -> None:
    lines, head = list(whole[0]), whole[1]
    del lines[line - 1]
    found = _verify(b"".join(lines), head)
    assert (found.reason, found.fault_line) == ("deleted", line)
    assert f"entry {line} gone" in found.message


@pytest.mark.parametrize("line", range(1, COUNT))
def test_swapped_lines_are_reordered(whole: tuple[list[bytes], Head], line: int) -> None:
    lines, head = list(whole[0]), whole[1]
    lines[line - 1], lines[line] = lines[line], lines[line - 1]
    found = _verify(b"".join(lines), head)
    assert (found.reason, found.fault_line) == ("reordered", line)


def test_a_repeated_line_is_found(whole: tuple[list[bytes], Head]) -> None:
    lines, head = whole
    found = _verify(b"".join([*lines[:3], lines[2], *lines[3:]]), head)
    assert (found.reason, found.fault_line) == ("reordered", 4)


def test_every_cut_of_the_end_is_found(whole: tuple[list[bytes], Head]) -> None:
    lines, head = whole
    data = b"".join(lines)
    for length in range(len(data)):
        found = _verify(data[:length], head)
        assert not found.ok, length
        assert found.reason in {"cut", "edited"}
    assert _verify(b"".join(lines[:2]), head).message == (
        "cut: the trail ends at entry 2, but 6 were written (audit.head): its end was cut off"
    )


def test_every_dropped_byte_is_found(whole: tuple[list[bytes], Head]) -> None:
    lines, head = whole
    data = b"".join(lines)
    assert all(not _verify(data[:at] + data[at + 1 :], head).ok for at in range(len(data)))


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), edits=st.integers(1, 4))
def test_random_edits_are_found(whole: tuple[list[bytes], Head], seed: int, edits: int) -> None:
    lines, head = whole
    chance, data = random.Random(seed), bytearray(b"".join(lines))
    before = bytes(data)
    for _ in range(edits):
        start = chance.randrange(len(data))
        data[start : start + chance.randrange(40)] = chance.randbytes(chance.randrange(40))
    if bytes(data[: len(before)]) != before:
        assert not _verify(bytes(data), head).ok


def test_a_head_that_was_changed_removed_or_emptied_is_found(tmp_path: Path) -> None:
    audit = _filed(tmp_path)
    kept = audit.directory / "audit.head"
    good = kept.read_bytes()
    for bad in (b"", b"{}", good.replace(b'"seq":6', b'"seq":5'), good.replace(b'"seq":6', b'"seq":7'), good[:-3]):
        kept.write_bytes(bad)
        assert not audit.verify().ok, bad
    kept.unlink()
    found = audit.verify()
    assert (found.ok, found.reason) == (False, "anchor")
    kept.write_bytes(good)
    assert audit.verify().ok


def test_a_trail_that_is_gone_is_cut(tmp_path: Path) -> None:
    audit = _filed(tmp_path)
    (audit.directory / "audit.jsonl").unlink()
    found = audit.verify()
    assert (found.ok, found.reason) == (False, "cut")
    assert "6 were written" in found.message


@pytest.mark.parametrize("fresh", [True, False])
def test_nothing_is_chained_on_to_a_trail_that_was_cut(tmp_path: Path, fresh: bool) -> None:
    audit = _filed(tmp_path)
    path = audit.directory / "audit.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    before = path.read_bytes()
    with pytest.raises(AuditError, match="ends at entry 4, but 6 were written"):
        (audit_in(tmp_path) if fresh else audit).note(SCENE, "note", "concealed")
    assert path.read_bytes() == before


def test_nothing_is_chained_on_to_an_edited_last_line(tmp_path: Path) -> None:
    audit = _filed(tmp_path)
    path = audit.directory / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"line 5"', b'"lime 5"'))
    with pytest.raises(AuditError, match="entry 6 is not what was written"):
        audit_in(tmp_path).note(SCENE, "note", "concealed")


def test_nothing_is_chained_on_when_the_head_is_missing(tmp_path: Path) -> None:
    audit = _filed(tmp_path)
    (audit.directory / "audit.head").unlink()
    with pytest.raises(AuditError, match="is missing"):
        audit_in(tmp_path).note(SCENE, "note", "concealed")


def test_a_crash_between_line_and_head_is_no_fault(tmp_path: Path) -> None:
    audit = _filed(tmp_path)
    head = (audit.directory / "audit.head").read_bytes()
    audit.note(SCENE, "note", "line 6")
    (audit.directory / "audit.head").write_bytes(head)
    assert audit.verify().ok
    assert audit_in(tmp_path).note(SCENE, "note", "next").seq == 8
    assert audit.verify().ok
