"""From bytes to lines in order: nothing is lost, nothing comes twice, whatever the pieces and the cuts."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from providers.logs.gap import Gaps
from providers.logs.line import Line, Origin
from providers.logs.merge import FIRST, QUIET, Merge
from providers.logs.resume import Resume
from providers.logs.splitter import Splitter
from tests.unit.logs.lines import POD, line

OTHER = Origin("relayer-b", "relayer", "u2")


def _pieces(text: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(c % (len(text) + 1) for c in cuts), len(text)]
    return [text[a:b] for a, b in pairwise(edges)]


@given(st.lists(st.binary(max_size=9).map(lambda b: b.replace(b"\n", b"")), max_size=9), st.lists(st.integers(0, 99)))
def test_lines_are_the_same_however_they_are_cut(lines: list[bytes], cuts: list[int]) -> None:
    splitter = Splitter()
    text = b"".join(one + b"\n" for one in lines) + b"rest"
    found = [one for piece in _pieces(text, cuts) for one in splitter.feed(piece)]
    assert found == lines
    assert splitter.end() == [b"rest"]
    assert (splitter.end(), splitter.shortened) == ([], 0)


@given(st.lists(st.integers(0, 30), max_size=6), st.lists(st.integers(0, 200)))
def test_long_lines_are_shortened_and_counted(sizes: list[int], cuts: list[int]) -> None:
    splitter = Splitter(longest=10)
    text = b"".join(b"x" * size + b"\n" for size in sizes)
    found = [one for piece in _pieces(text, cuts) for one in splitter.feed(piece)]
    assert [len(one) for one in found] == [min(size, 10) for size in sizes]
    assert splitter.shortened == sum(size > 10 for size in sizes)


def test_a_line_that_never_ends_takes_no_more_room() -> None:
    splitter = Splitter(longest=100)
    for _ in range(1000):
        assert splitter.feed(b"y" * 50) == []
    assert splitter.feed(b"\nz\n") == [b"y" * 100, b"z"]
    assert splitter.shortened == 1


def test_a_file_that_was_read_to_its_end_leaves_no_gap_before_the_next() -> None:
    head = line("head", 7)
    for begins, gaps in ((b"", 1), (head.stamp, 0)):
        resume = Resume()
        resume.fresh([line("a", 1), line("b", 2)])
        resume.reopened(begins)
        assert resume.fresh([head, line("c", 8)]) == [head, line("c", 8)]
        assert (resume.gaps, resume.torn) == (gaps, head.stamp if gaps else b"")


def test_a_place_is_told_once() -> None:
    gaps = Gaps(POD)
    gaps.add(b"2026-01-01T00:00:01Z", "rotated", sure=False)
    gaps.add(b"2026-01-01T00:00:01Z", "rotated away")
    gaps.expect("restarted")
    gaps.expect("restarted")
    gaps.arrived(b"2026-01-01T00:00:02Z")
    gaps.arrived(b"2026-01-01T00:00:03Z")
    assert (gaps.lost, gaps.unsure) == (1, 1)
    assert [gap.before[18:19] for gap in gaps.places] == [b"1", b"2"]


class _Server:
    """Keeps lines and sends them again from a whole second on, as a kubelet does."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines

    def since(self, second: str) -> list[Line]:
        return [one for one in self.lines if not second or one.stamp[:19] >= second.rstrip("Z").encode()]


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab")), max_size=40), st.lists(st.integers(0, 9), max_size=6)
)
def test_a_cut_log_is_read_on_without_gap_or_repeat(written: list[tuple[int, str]], cuts: list[int]) -> None:
    # Seconds grow; within a second the same words and stamps come again: all of them are lines of their own.
    second, lines = 0, []
    for step, text in written:
        second += step
        lines.append(line(text, second))
    server, resume, got = _Server(lines), Resume(), []
    for taken in [*cuts, len(lines)]:
        sent = server.since(resume.since)
        resume.reopened()
        fresh = resume.fresh(sent[: len(sent) if taken == len(lines) else taken])
        got += fresh
    assert sorted((one.stamp, one.text) for one in got) == sorted((one.stamp, one.text) for one in lines)
    assert [one.stamp for one in got] == [one.stamp for one in lines]


def test_lines_out_of_order_in_a_live_stream_are_all_new() -> None:
    resume = Resume()
    assert len(resume.fresh([line("late", 5), line("early", 4), line("early", 4)])) == 3
    assert resume.repeats == 0


def test_logs_come_out_in_the_order_they_were_written() -> None:
    merge = Merge(1000)
    merge.open("a", 0.0)
    merge.open("b", 0.0)
    merge.put("a", [line("1", 1), line("3", 3), line("5", 5)], 0.1)
    assert merge.take(0.2) == [], "the other has not spoken yet"
    merge.put("b", [line("2", 2, OTHER), line("4", 4, OTHER)], 0.3)
    assert [one.text for one in merge.take(0.3)] == [b"1", b"2", b"3", b"4"]
    assert [one.text for one in merge.take(0.3 + QUIET)] == [b"5"]
    assert (merge.late, merge.dropped, merge.waiting) == (0, 0, 0)


def test_nobody_waits_for_a_silent_log_for_long() -> None:
    merge = Merge(1000)
    merge.open("silent", 0.0)
    merge.put("a", [line("1")], FIRST - 0.1)
    assert merge.take(FIRST - 0.1) == []
    assert len(merge.take(FIRST)) == 1


def test_a_log_that_ended_is_not_waited_for_and_its_lines_stay() -> None:
    merge = Merge(1000)
    merge.put("a", [line("1", 9)], 0.0)
    merge.put("b", [line("2", 1)], 0.0)
    merge.close("b")
    merge.close("a")
    assert [one.text for one in merge.take(0.0)] == [b"2", b"1"]


def test_a_late_line_is_given_and_counted() -> None:
    merge = Merge(1000)
    merge.put("a", [line("young", 9)], 0.0)
    merge.take(1.0)
    merge.put("b", [line("old", 3), line("younger", 10)], 1.0)
    assert [one.text for one in merge.take(2.0)] == [b"old", b"younger"]
    assert merge.late == 1


def test_a_flood_gives_way_and_is_counted() -> None:
    merge = Merge(10)
    merge.put("quiet", [line("kept", 0, OTHER)], 0.0)
    for second in range(30):
        merge.put("flood", [line(str(second), second)], 0.0)
    lines = merge.take(0.0)
    assert merge.dropped == 21
    assert lines[0].text == b"kept"
    assert [one.text for one in lines[1:]] == [str(n).encode() for n in range(21, 30)]


@given(st.lists(st.tuples(st.sampled_from([POD, OTHER]), st.integers(0, 50)), max_size=60), st.lists(st.booleans()))
def test_every_line_comes_out_once(moves: list[tuple[Origin, int]], takes: list[bool]) -> None:
    merge, put, got, clock = Merge(10_000), [], [], 0.0
    for index, (origin, second) in enumerate(moves):
        one = line(str(index), second, origin)
        put.append(one)
        merge.put(origin, [one], clock)
        clock += 0.05
        if takes and takes[index % len(takes)]:
            got += merge.take(clock)
    got += merge.take(clock + QUIET)
    assert sorted(one.text for one in got) == sorted(one.text for one in put)
