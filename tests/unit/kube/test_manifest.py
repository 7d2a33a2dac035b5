"""YAML for reading: folded, masked, clean, and still YAML."""

from __future__ import annotations

import base64

import pytest
import yaml

from providers.core.text import BANNED
from providers.kube.manifest import LAST_APPLIED, folded, yaml_lines
from providers.kube.masking import looks_secret, scrubbed


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_secret_shows_names_and_sizes_only() -> None:
    secret = {
        "kind": "Secret",
        "metadata": {"name": "dsn", "annotations": {LAST_APPLIED: '{"data":{"password":"aHVudGVyMg=="}}'}},
        "data": {"password": _encoded("hunter2"), "pem": _encoded("-----BEGIN")},
        "stringData": {"extra": "hunter3"},
    }
    text = "\n".join(yaml_lines(secret))
    assert "password: •••  (7 bytes)" in text
    assert "extra: •••  (7 bytes)" in text
    for leaked in ("hunter", "aHVudGVyMg", _encoded("hunter2"), _encoded("-----BEGIN")):
        assert leaked not in text


def test_managed_fields_fold_to_one_line() -> None:
    entries = [{"manager": "kubectl"}, {"manager": "kube-controller-manager"}, {"manager": "kubectl"}]
    lines = yaml_lines({"metadata": {"name": "x", "managedFields": entries}})
    assert "  managedFields: (3 entries by kubectl, kube-controller-manager)" in lines


def test_the_object_itself_is_left_as_it_is() -> None:
    secret = {"kind": "Secret", "metadata": {"managedFields": [{}]}, "data": {"a": _encoded("b")}}
    before = repr(secret)
    folded(secret)
    assert repr(secret) == before


def test_variables_are_masked_by_name_and_by_shape() -> None:
    env = [
        {"name": "DATABASE_PASSWORD", "value": "hunter2"},
        {"name": "NODE", "value": "http://user:hunter2@node:8332"},
        {"name": "LOG_LEVEL", "value": "info"},
    ]
    text = "\n".join(yaml_lines({"spec": {"containers": [{"name": "c", "env": env}]}}))
    assert "hunter2" not in text and "value: info" in text


def test_lines_are_clean_and_long_values_are_cut_with_a_count() -> None:
    lines = yaml_lines({"metadata": {"name": "x\x1b]0;t\x07"}, "data": {"blob": "a" * 5000}})
    assert not any(BANNED.search(row) for row in lines)
    assert any("…[+2952 chars]" in row for row in lines)


def test_it_is_still_yaml() -> None:
    shown = yaml_lines({"kind": "ConfigMap", "data": {"app.yaml": "a: 1\nb: 'x'\n"}, "spec": {"n": None, "t": True}})
    read = yaml.safe_load("\n".join((*shown, "")))
    assert read["data"]["app.yaml"] == "a: 1\nb: 'x'\n"
    assert read["spec"] == {"n": None, "t": True}


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DB_PASSWORD", "x", True), ("API_TOKEN", "x", True), ("DATABASE_DSN", "x", True), ("SIGNING_KEY", "x", True),
        ("WALLET_SEED", "x", True), ("SLACK_WEBHOOK", "x", True), ("URL", "postgres://u:p@h/db", True),
        ("X", "AKIAABCDEFGHIJKLMNOP", True), ("X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x", True),
        ("X", "-----BEGIN RSA PRIVATE KEY-----", True), ("X", "ab" * 32, True), ("X", "0x" + "ab" * 32, True),
        ("X", "Zm9vYmFy" * 8, True),
        ("LOG_LEVEL", "info", False), ("AUTHOR", "satoshi", False), ("URL", "http://node:8332/", False),
        ("KEYSPACE", "bridge", False), ("COMPASS", "north", False), ("IMAGE_TAG", "1.2.0", False),
        ("JAVA_OPTS", "-Xmx512m -XX:+UseG1GC", False),
    ],
)  # fmt: skip
def test_what_looks_like_a_secret(name: str, value: str, secret: bool) -> None:
    assert looks_secret(name, value) is secret


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("--token=abc --port=3", "--token=••• --port=3"),
        ("postgres://u:p@h/db", "postgres://u:•••@h/db"),
        ("registry/relayer@sha256:" + "ab" * 32, "registry/relayer@sha256:" + "ab" * 32),
        ("key AKIAABCDEFGHIJKLMNOP used", "key ••• used"),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nnext", "•••\nnext"),
        ("-----BEGIN PRIVATE KEY-----\nabc", "•••"),
        ('{"password": "x y", "a": 1}', '{"password": •••, "a": 1}'),
    ],
)
def test_free_text_loses_only_what_is_secret(text: str, shown: str) -> None:
    assert scrubbed(text) == shown
