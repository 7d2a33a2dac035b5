"""A variable is secret because its spec says so, may be because its spec leaves it open, or because it looks so."""

from __future__ import annotations

from typing import Any

import pytest

from providers.core.secret import MASK
from providers.kube.environment import parsed
from providers.kube.origins import SecretKey, Variable, declared, origins, seen


def secret_env(name: str, secret: str, key: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def map_env(name: str, config: str, key: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"configMapKeyRef": {"name": config, "key": key}}}


SPEC: dict[str, Any] = {
    "env": [
        {"name": "MODE", "value": "live"},
        {"name": "API_TOKEN", "value": "t0k3n"},
        secret_env("DB_PASS", "db", "password"),
        map_env("LEVEL", "settings", "level"),
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
    ],
    "envFrom": [{"configMapRef": {"name": "settings"}, "prefix": "S_"}],
}
MAPS = {"settings": {"level": "info", "size": "20"}}


def by_name(variables: Any) -> dict[str, Variable]:
    return {variable.name: variable for variable in variables}


def test_the_spec_tells_where_each_variable_comes_from() -> None:
    known = origins(SPEC, MAPS)
    assert known.of("DB_PASS").secret == SecretKey("db", "password")
    assert known.of("LEVEL").words == "config map settings/level"
    assert known.of("S_size").words == "config map settings"
    assert known.of("POD_IP").words == "field status.podIP"
    assert known.of("PATH").words == known.of("NEW").words == ""


def test_what_a_container_has_is_masked_by_its_source_and_inside_other_values() -> None:
    has = {
        "DB_PASS": "hunter2",
        "DSN": "host=db pw hunter2",
        "MODE": "live",
        "API_TOKEN": "t0k3n",
        "\x1bX": "\x1b[2J",
    }
    found = by_name(seen(has, origins(SPEC, MAPS)))
    assert (found["DB_PASS"].value, found["DB_PASS"].secret) == (MASK, SecretKey("db", "password"))
    assert found["MODE"].value == "live"
    assert (found["API_TOKEN"].value, found["API_TOKEN"].secret) == (MASK, None)
    assert not any("hunter2" in str(v) or "\x1b" in str(v) for v in found.values())


@pytest.mark.parametrize(
    ("name", "words", "key"),
    [
        ("APP_user", "perhaps secret app", SecretKey("app", "user")),
        ("EXTRA", "perhaps secret rest", SecretKey("rest", "EXTRA")),
        ("MODE", "its spec", None),
        ("HOME", "", None),
        ("KUBERNETES_SERVICE_HOST", "", None),
    ],
)
def test_a_secret_taken_in_whole_may_be_behind_any_name_that_nothing_else_explains(
    name: str, words: str, key: SecretKey | None
) -> None:
    source = (
        {"secretRef": {"name": "app"}, "prefix": "APP_"} if name.startswith("APP_") else {"secretRef": {"name": "rest"}}
    )
    known = origins(SPEC | {"envFrom": [source]}, MAPS)
    assert (known.of(name).words, known.of(name).secret) == (words, key)


def test_with_two_whole_secrets_nobody_can_tell_which_and_both_stay_masked() -> None:
    known = origins({"envFrom": [{"secretRef": {"name": "a"}}, {"secretRef": {"name": "b"}}]}, {})
    (found,) = seen({"WHATEVER": "plain words"}, known)
    assert (found.value, found.secret, found.unsure) == (MASK, None, True)
    assert str(found) == f"WHATEVER={MASK} (perhaps secret a, secret b)"


def test_a_single_variable_beats_what_is_taken_in_whole() -> None:
    known = origins({"env": [{"name": "level", "value": "debug"}], "envFrom": [{"configMapRef": {"name": "m"}}]}, {})
    assert by_name(declared(known))["level"].value == "debug"
    both = origins({"env": [secret_env("level", "s", "k")], "envFrom": [{"configMapRef": {"name": "m"}}]},
                   {"m": {"level": "x"}})  # fmt: skip
    assert both.of("level").secret == SecretKey("s", "k")


def test_the_spec_alone_gives_values_only_where_it_has_them() -> None:
    lines = [str(v) for v in declared(origins(SPEC, {}))]
    assert lines == [
        "S_* from config map settings",
        f"API_TOKEN={MASK}",
        f"DB_PASS={MASK} (secret db/password)",
        "LEVEL from config map settings/level",
        "MODE=live",
        "POD_IP from field status.podIP",
    ]
    assert "LEVEL=info" in [str(v) for v in declared(origins(SPEC, MAPS))]


@pytest.mark.parametrize(
    ("output", "variables"),
    [
        (b"A=1\0B=two\nlines\0", {"A": "1", "B": "two\nlines"}),
        (b"A=1\nB=two\nlines\nC=3\n", {"A": "1", "B": "two\nlines", "C": "3"}),
        (b"K=-----BEGIN KEY-----\nab=\nX=Y\n-----END KEY-----\nL=1\n",
         {"K": "-----BEGIN KEY-----\nab=\nX=Y\n-----END KEY-----", "L": "1"}),
        (b"", {}),
        (b"\xff\xfe no assignment", {}),
    ],
)  # fmt: skip
def test_output_is_read_entry_by_entry(output: bytes, variables: dict[str, str]) -> None:
    assert parsed(output) == variables
