"""What lines say, in the forms that services really write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.logs.pattern import Pattern
from providers.logs.shape import ERRORS, Shape, shape_of

CASES = [
    (b'{"ts":"x","level":"warn","msg":"late","n":3}', Shape("json", "warn", "late", (("n", "3"),))),
    (b'{"level":50,"msg":"pino"}', Shape("json", "error", "pino")),
    (b'{"severity":"CRITICAL","message":"gcp","a":{"b":[1]}}', Shape("json", "fatal", "gcp", (("a", '{"b":[1]}'),))),
    (b'{"level":"info","msg":', Shape("plain", "", '{"level":"info","msg":')),
    (b"[1,2]", Shape("plain", "", "[1,2]")),
    (b'level=error msg="no route" peer=10.0.0.1:9', Shape("logfmt", "error", "no route", (("peer", "10.0.0.1:9"),))),
    (b'ts=1 lvl=dbg msg="a \\"b\\""', Shape("logfmt", "debug", 'a "b"')),
    (b"url=http://x only one pair", Shape("plain", "", "url=http://x only one pair")),
    (
        b"E1125 09:00:01.123456       1 reflector.go:147] Failed to watch",
        Shape("klog", "error", "Failed to watch", (("at", "reflector.go:147"),)),
    ),
    (b"2026/11/25 ERROR could not connect", Shape("plain", "error", "2026/11/25 ERROR could not connect")),
    (b"[warn] 12#12: conflicting server name", Shape("plain", "warn", "[warn] 12#12: conflicting server name")),
    (b"panic: runtime error: index out of range", Shape("plain", "error", "panic: runtime error: index out of range")),
    (b"ValueError: bad", Shape("plain", "error", "ValueError: bad")),
    (b"GET /terrors 200", Shape("plain", "", "GET /terrors 200")),
    (b"", Shape("plain", "", "")),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_forms(text: bytes, expected: Shape) -> None:
    assert shape_of(text) == expected


@given(st.binary(max_size=200))
def test_no_bytes_break_it(text: bytes) -> None:
    assert shape_of(text).form in {"json", "logfmt", "klog", "plain"}


def test_deep_and_long_lines_are_bounded() -> None:
    assert shape_of(b'{"a":' * 100_000).form == "plain"
    assert len(shape_of(b'{"msg":"m","a":"' + b"x" * 50_000 + b'"}').fields[0][1]) <= 501
    assert len(shape_of(b"x" * 1_000_000).message) == 64 * 1024


@pytest.mark.parametrize("text", [case[0] for case in CASES])
def test_the_index_of_errors_agrees_with_the_level(text: bytes) -> None:
    assert Pattern(ERRORS).found_in(text) == (shape_of(text).level in {"error", "fatal"})
