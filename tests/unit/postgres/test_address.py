"""Where the database is: the configuration, the service file, and the console's own rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.core.config import Postgres
from providers.core.errors import ConfigError
from providers.postgres.address import options, parameters, place
from providers.postgres.catalog import OLDEST, _versions, statement


def test_the_link_is_watched_and_verified_unless_told_otherwise(tmp_path: Path) -> None:
    found = parameters(Postgres(host="db", user="oncall"), {"HOME": str(tmp_path)})
    expected = {"host": "db", "port": "5432", "user": "oncall", "sslmode": "verify-full", "connect_timeout": "3",
                "keepalives_idle": "10", "tcp_user_timeout": "15000", "application_name": "fusion-console",
                "gssencmode": "disable"}  # fmt: skip
    assert expected.items() <= found.items()
    assert "sslrootcert" in found


def test_libpq_s_own_authorities_come_first(tmp_path: Path) -> None:
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / "root.crt").touch()
    found = parameters(Postgres(host="db"), {"HOME": str(tmp_path)})
    assert found["sslrootcert"] == str(tmp_path / ".postgresql" / "root.crt")
    assert "sslrootcert" not in parameters(Postgres(host="db", sslmode="require"), {"HOME": str(tmp_path)})


@pytest.mark.parametrize("dsn", ["postgresql://oncall@db:6000/fusion", "host=db port=6000 user=oncall dbname=fusion"])
def test_a_dsn_in_either_form(dsn: str) -> None:
    found = parameters(Postgres(dsn=dsn), {})
    assert (place(found), found["dbname"], found["sslmode"]) == (("db", 6000), "fusion", "verify-full")
    assert parameters(Postgres(dsn="host=db sslmode=require"), {})["sslmode"] == "require"


def test_a_bad_dsn_is_not_quoted() -> None:
    with pytest.raises(ConfigError) as caught:
        parameters(Postgres(dsn="postgresql://u:pass-word@[half/"), {})
    assert "pass-word" not in caught.value.message


def test_a_service_fills_in_and_weakens_nothing(tmp_path: Path) -> None:
    (tmp_path / ".pg_service.conf").write_text("[a]\nhost=one\nport=7\nsslmode=disable\n# [b]\n[b]\nhost = two\n")
    environ = {"HOME": str(tmp_path), "PGSYSCONFDIR": str(tmp_path)}
    found = parameters(Postgres(service="a", user="me"), environ)
    assert (found["host"], found["port"], found["user"], found["sslmode"]) == ("one", "7", "me", "verify-full")
    assert parameters(Postgres(service="b", host="three", port=9), environ)["host"] == "three"
    with pytest.raises(ConfigError, match="no service c"):
        parameters(Postgres(service="c"), environ)


def test_our_options_win() -> None:
    found = options("-c statement_timeout=0 -c work_mem=1MB", 2.5, read_only=True)
    assert found.index("statement_timeout=0") < found.index("statement_timeout=2500")
    assert "default_transaction_read_only=on" in found and "search_path=pg_catalog,pg_temp" in found
    assert "search_path" not in options("", 1, read_only=True, own_path=False)


def test_a_socket_has_no_host() -> None:
    assert place({}) == ("", 5432)
    assert place({"host": "a,b", "port": "1,2"}) == ("a", 1)


def test_the_newest_statement_that_the_server_can_run() -> None:
    assert b"query_id, 0" not in statement("backends", 130014)
    assert b"coalesce(query_id, 0)" in statement("backends", 140000)
    assert b"total_exec_time" in statement("statements", 130000)
    assert b"total_exec_time" not in statement("statements", OLDEST)
    assert statement("backends", 180006) == statement("backends", 140000)
    assert all(min(versions) == OLDEST for versions in _versions().values())
    with pytest.raises(LookupError):
        statement("backends", 110000)
