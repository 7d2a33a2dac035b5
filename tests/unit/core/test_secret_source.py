"""A secret from a variable, a file or a command, and the ways each can fail without being told."""

from __future__ import annotations

import os
import shlex
import sys
import time
from pathlib import Path

import pytest

from providers.core import secret_source
from providers.core.errors import ConfigError
from providers.core.secret import Secret
from providers.core.secret_source import MOST_BYTES, SecretSource

SENTINEL = "hunter2-of-the-source"


def command(code: str) -> SecretSource:
    return SecretSource(command=shlex.join([sys.executable, "-c", code]))


async def failure(source: SecretSource, environ: dict[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        await source.resolve(environ or {"PATH": os.environ["PATH"]})
    assert SENTINEL not in str(caught.value) + caught.value.fix
    return caught.value


async def test_a_variable_is_read_when_it_is_needed() -> None:
    secret = await SecretSource(env="X").resolve({"X": SENTINEL})
    assert secret.reveal() == SENTINEL
    assert SENTINEL not in f"{secret} {secret!r}"
    assert "X is not set" in (await failure(SecretSource(env="X"), {"X": ""})).message


async def test_a_literal_is_itself() -> None:
    assert await SecretSource(literal=Secret(SENTINEL)).resolve({}) == Secret(SENTINEL)


async def test_a_file_loses_its_last_newline_only(tmp_path: Path) -> None:
    place = tmp_path / "secret"
    place.write_text(f" {SENTINEL} \n")
    place.chmod(0o640)
    assert (await SecretSource(file="~/secret").resolve({"HOME": str(tmp_path)})).reveal() == f" {SENTINEL} "


async def test_a_file_that_every_user_can_read_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "secret"
    place.write_text(SENTINEL)
    place.chmod(0o644)
    error = await failure(SecretSource(file=str(place)))
    assert "can be read by every user" in error.message
    assert error.fix == f"chmod 600 {place}"


async def test_files_that_hold_no_secret_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").touch(0o600)
    (tmp_path / "bytes").touch(0o600)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe" + SENTINEL.encode())
    (tmp_path / "large").touch(0o600)
    (tmp_path / "large").write_bytes(SENTINEL.encode() * MOST_BYTES)
    os.mkfifo(tmp_path / "fifo", 0o600)
    for name, said in (
        ("empty", "gave nothing"),
        ("bytes", "not UTF-8"),
        ("large", "more than 64 KiB"),
        ("fifo", "not a plain file"),
        ("none", "no such file"),
        ("", "directory"),
    ):
        assert said in (await failure(SecretSource(file=str(tmp_path / name)))).message


async def test_a_command_prints_the_secret() -> None:
    assert (await command(f"print({SENTINEL!r})").resolve(os.environ)).reveal() == SENTINEL


async def test_a_command_is_no_shell_line(tmp_path: Path) -> None:
    echo = await SecretSource(command="echo a;touch$IFS" + str(tmp_path / "x") + " $(id)").resolve(os.environ)
    assert echo.reveal() == f"a;touch$IFS{tmp_path / 'x'} $(id)"
    assert not (tmp_path / "x").exists()


async def test_a_command_sees_only_what_it_needs() -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": "/h", "AWS_PROFILE": "p", "PGPASSWORD": "x", "FUSION_TOKEN": "x"}
    names = await command("import os; print(' '.join(sorted(os.environ)))").resolve(environ)
    assert set(names.reveal().split()) - {"LC_CTYPE"} == {"PATH", "HOME", "AWS_PROFILE"}


async def test_a_command_that_fails_says_why_without_the_secret() -> None:
    error = await failure(
        command(f"import sys; print({SENTINEL!r}); sys.exit('\\x1b[31mlocked: {SENTINEL}')"),
    )
    assert "ended with status 1: ␛[31mlocked: •••" in error.message


async def test_a_command_that_gives_nothing_or_too_much_is_no_secret() -> None:
    assert "gave nothing" in (await failure(command("pass"))).message
    assert "more than 64 KiB" in (await failure(command(f"print({SENTINEL!r} * {MOST_BYTES})"))).message
    assert "not UTF-8" in (await failure(command("import os; os.write(1, b'\\xff')"))).message


async def test_words_that_start_nothing_are_named() -> None:
    assert "no such file" in (await failure(SecretSource(command="no-such-program-here x"))).message
    assert "no command line" in (await failure(SecretSource(command="echo 'open"))).message
    assert "no command line" in (await failure(SecretSource(command=" "))).message


async def test_a_command_that_hangs_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_source, "COMMAND_TIMEOUT", 1.0)
    ids = tmp_path / "ids"
    code = (
        "import os, signal; child = os.fork(); signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"open({str(ids)!r}, 'a').write(f'{{os.getpid()}}\\n'); signal.pause()"
    )
    began = time.monotonic()
    assert "no answer within 1 s" in (await failure(command(code))).message
    assert time.monotonic() - began < 5
    started = [int(line) for line in ids.read_text().split()]
    assert len(started) == 2
    deadline = time.monotonic() + 5
    while alive := [pid for pid in started if running(pid)]:
        assert time.monotonic() < deadline, alive


def running(pid: int) -> bool:
    """Whether the process exists and is not a zombie that waits for whoever adopted it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
