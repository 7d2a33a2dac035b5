"""What curl, wget and nc say, as an answer."""

from __future__ import annotations

import pytest

from providers.kube.exec import ExecResult
from providers.kube.http_probe import read_curl, read_nc, read_wget


def _done(code: int, out: bytes = b"", err: bytes = b"") -> ExecResult:
    return ExecResult(code, out, err, False)


def test_curl_gives_the_status_and_the_hops() -> None:
    answer = read_curl(_done(0, b"200 0.004 0.006 0.000 0.011 0.012"))
    assert (answer.status, answer.seconds, answer.split) == (200, 0.012, (0.004, 0.006, 0.0, 0.011))


@pytest.mark.parametrize(
    ("code", "words"),
    [(6, "does not resolve"), (7, "refused"), (28, "no answer within"), (60, "not trusted"), (77, "bad CA file")],
)
def test_curl_that_gets_no_answer_names_the_hop(code: int, words: str) -> None:
    answer = read_curl(_done(code, b"000 0 0 0 0 0", b"curl: (77) bad CA file\n"))
    assert answer.status is None
    assert words in answer.words


def test_an_empty_answer_of_curl_is_no_answer() -> None:
    assert read_curl(_done(0)).status is None


def test_busybox_says_the_status_in_its_complaint() -> None:
    answer = read_wget(_done(1, err=b"wget: server returned error: HTTP/1.1 503 Service Unavailable\n"))
    assert (answer.status, answer.words) == (503, "HTTP 503")


def test_gnu_wget_says_nothing_but_a_code() -> None:
    assert read_wget(_done(4)).words == "network failure"
    assert read_wget(_done(0)).status == 200


def test_wget_s_own_words_come_without_its_name() -> None:
    assert read_wget(_done(1, err=b"wget: bad address 'relayer'\n")).words == "bad address 'relayer'"


def test_nc_gives_the_status_line() -> None:
    assert read_nc(_done(0, b"HTTP/1.0 200 OK\r\n\r\nfine")).status == 200
    assert read_nc(_done(0, b"SSH-2.0-OpenSSH_9.6\r\n")).words == "it answers, but not HTTP"
    assert read_nc(_done(1)).words == "no connection"
