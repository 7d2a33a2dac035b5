"""Whatever stands in the file, loading it ends in a configuration or in a ConfigError."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.core.config import Config
from providers.core.errors import ConfigError
from tests.unit.core.config_home import Home

WORDS = (
    "environments", "default", "a", "kubernetes", "aws", "postgres", "redis", "password", "env", "services", "relayer",
    "thresholds", "port", "filters", "chain", "nodes", "url", "dsn", "version", "error_pattern", "production", "<<",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(("null", "~", "true", "yes", "1:30", "0777", "1e999", "-1", ".nan", "2024-01-01", "http://[", "redis://h")),
    st.text(max_size=12),
    st.integers(),
    st.none(),
)  # fmt: skip
TREES = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=20,
)
WITHIN_A_LINE = (
    "a", ": ", ":", "  ", "\t", "- ", "[", "]", "{", "}", ",", "&x ", "*x", "!", "|", ">", "'", '"', "#", "? ", "<<: ",
    "\\", "\\U99999999", "@", "é", "~", "%",
)  # fmt: skip
LINES = ("\n", "environments", "%YAML 9.9\n", "---\n", "...\n")
PIECES = st.lists(st.sampled_from(WITHIN_A_LINE + LINES), max_size=30).map("".join)
IN_LINE = st.lists(st.sampled_from(WITHIN_A_LINE), max_size=10).map("".join)


def outcome(data: bytes) -> Config | ConfigError:
    with tempfile.TemporaryDirectory() as root, contextlib.suppress(ConfigError):
        return Home(Path(root)).load(data).config
    with tempfile.TemporaryDirectory() as root:
        try:
            return Home(Path(root)).load(data).config
        except ConfigError as error:
            return error


def dumped(tree: object) -> bytes:
    """Flow style by hand, so that plain and quoted words both occur."""
    if isinstance(tree, dict):
        return b"{" + b", ".join(dumped(key) + b": " + dumped(value) for key, value in tree.items()) + b"}"
    if isinstance(tree, list):
        return b"[" + b", ".join(map(dumped, tree)) + b"]"
    return str("null" if tree is None else tree).encode("utf-8", "surrogatepass")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200) | PIECES.map(str.encode))
def test_any_bytes(data: bytes) -> None:
    result = outcome(data)
    assert isinstance(result, Config | ConfigError)
    str(result).encode()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(WORDS), TREES, min_size=1, max_size=4).map(dumped))
def test_any_tree(data: bytes) -> None:
    result = outcome(data)
    assert isinstance(result, Config | ConfigError)
    str(result).encode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=IN_LINE, after=IN_LINE, secret=st.text("ABCDEFGHJK23456789", min_size=12, max_size=20))
def test_no_error_holds_what_stands_under_a_secret_key(before: str, after: str, secret: str) -> None:
    text = f"environments:\n  a:\n    redis:\n      password: {before}{secret}{after}\n      username: [x]\n"
    result = outcome(text.encode())
    assert secret not in str(result)
    assert secret not in repr(result)
