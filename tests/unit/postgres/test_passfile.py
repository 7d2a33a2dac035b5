"""Lines of a .pgpass as libpq reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.postgres.passfile import password_of

FOUND = {"user": "oncall", "dbname": "fusion"}


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("db:5432:fusion:oncall:first-one\ndb:5432:fusion:oncall:second", "first-one"),
        ("*:*:*:*:any-of-them", "any-of-them"),
        ("db:5433:fusion:oncall:x\nother:*:*:*:y\n", None),
        (r"db:5432:fusion:oncall:with\:colon\\and", "with:colon\\and"),
        ("#db:5432:fusion:oncall:comment\n\n", None),
        ("db:5432:fusion:oncall", None),
    ],
)
def test_the_first_line_that_fits(tmp_path: Path, text: str, password: str | None) -> None:
    path = tmp_path / "pass"
    path.touch(mode=0o600)
    path.write_text(text)
    found = password_of(FOUND, "db", 5432, {"PGPASSFILE": str(path)})
    assert (found.reveal() if found else None) == password


def test_one_that_others_may_read_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / ".pgpass"
    path.write_text("*:*:*:*:x-y-z")
    path.chmod(0o640)
    assert password_of(FOUND, "db", 5432, {"HOME": str(tmp_path)}) is None
    path.chmod(0o600)
    assert password_of(FOUND, "db", 5432, {"HOME": str(tmp_path)}) is not None
    assert password_of(FOUND, "db", 5432, {"HOME": str(tmp_path / "none")}) is None
