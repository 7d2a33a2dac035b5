"""A secret does not show, in whatever shape it turns up."""

from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
import threading
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.core.secret import MASK, RedactingFilter, Secret, redact


class Holder(msgspec.Struct, frozen=True):
    secret: Secret


def test_it_shows_only_when_asked() -> None:
    secret = Secret("correct-horse")
    assert secret.reveal() == "correct-horse"
    assert {repr(secret), str(secret), f"{secret}", "%s" % secret, "{}".format(secret)} == {MASK}  # noqa: UP031, UP032
    assert f"{secret:>5}" == f"  {MASK}"
    assert "horse" not in repr(Holder(secret)) + repr([secret]) + repr({"k": secret})


@pytest.mark.parametrize("write", [pickle.dumps, copy.deepcopy, json.dumps, msgspec.json.encode])
def test_it_is_not_written_anywhere(write) -> None:
    with pytest.raises(TypeError):
        write(Secret("correct-horse"))


def test_equality_and_truth() -> None:
    assert Secret("a-secret") == Secret("a-secret")
    assert Secret("a-secret") != "a-secret"
    assert len({Secret("a-secret"), Secret("a-secret"), Secret("b-secret")}) == 2
    assert (bool(Secret("")), bool(Secret("x"))) == (False, True)


@pytest.mark.parametrize(
    "shape",
    [
        str,
        lambda value: quote(value, safe=""),
        json.dumps,
        repr,
        lambda value: json.dumps({"dsn": f"postgres://u:{value}@db"}),
        lambda value: base64.b64encode(value.encode()).decode(),
    ],
)
def test_it_is_masked_in_every_shape(shape) -> None:
    value = 'pa/ss"w\\örd+sentinel ☃'
    Secret(value)
    shown = redact(f"before {shape(value)} after")
    assert "sentinel" not in shown
    assert base64.b64encode(value.encode()).decode() not in shown
    assert shown.startswith("before ")


def test_a_longer_secret_is_masked_before_its_part() -> None:
    Secret("abcd-part")
    Secret("abcd-part-and-more")
    assert redact("x abcd-part-and-more y abcd-part") == f"x {MASK} y {MASK}"


def test_each_line_of_a_key_is_masked() -> None:
    Secret("-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nshort\n-----END KEY-----")
    assert redact("MIIEvQIBADANBgkqhkiG9w0") == MASK
    assert redact("short") == "short"


def test_what_is_too_short_does_not_mask_the_world() -> None:
    Secret("abc")
    Secret("")
    assert redact("abcabc") == "abcabc"


@given(st.text(min_size=4, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_nothing_that_was_made_a_secret_stays(value: str, before: str, after: str) -> None:
    Secret(value)
    assert value not in redact(before + value + after) or value in MASK * 3


def test_masking_while_others_make_secrets() -> None:
    failed: list[BaseException] = []

    def make(thread: int) -> None:
        for number in range(200):
            Secret(f"thread-{thread}-secret-{number}")

    def mask() -> None:
        try:
            for _ in range(300):
                redact("nothing to see " * 10)
        except RuntimeError as error:
            failed.append(error)

    threads = [threading.Thread(target=make, args=(n,)) for n in range(2)] + [threading.Thread(target=mask)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    assert redact("thread-1-secret-199") == MASK


def _record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("lib", logging.DEBUG, __file__, 1, message, args, info)


def test_log_records_are_masked_whole() -> None:
    Secret("log-s3cret")
    try:
        raise ValueError("dsn log-s3cret")
    except ValueError as caught:
        record = _record("GET %s %d%%", "https://x?token=log-s3cret", 5, error=caught)
    record.stack_info = "stack log-s3cret"
    assert RedactingFilter().filter(record)
    text = logging.Formatter().format(record)
    assert "s3cret" not in text
    assert text.startswith(f"GET https://x?token={MASK} 5%")
    assert "ValueError" in text


def test_a_wrong_format_neither_raises_nor_leaks() -> None:
    Secret("log-s3cret")
    record = _record("%d things", "log-s3cret")
    assert RedactingFilter().filter(record)
    assert "s3cret" not in logging.Formatter().format(record)
