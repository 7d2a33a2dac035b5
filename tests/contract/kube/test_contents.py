"""What a pod was given, read from a cluster; and one secret's value, recorded before it is asked for."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from providers.core.errors import AuditError, Denied, NotFound
from providers.core.secret import MASK, redact
from providers.kube.environment import read_environment
from providers.kube.inventory import config_maps, secrets
from providers.kube.origins import SecretKey
from providers.kube.reveal import reveal
from sandbox.cluster.cluster import Cluster
from tests.contract.kube.conftest import Connect
from tests.unit.core.build import FakeClock, gate_in, trail_of

NAMESPACE = "fusion-bitcoin"
PASSWORD = SecretKey("fusion-bitcoin-db", "password")


def pod_of(cluster: Cluster, part: str) -> str:
    names = (pod["metadata"]["name"] for pod in cluster.store.list("pods", NAMESPACE))
    return next(name for name in names if part in name)


def value_of(cluster: Cluster, wanted: SecretKey) -> str:
    return base64.b64decode(cluster.store.get("secrets", NAMESPACE, wanted.secret)["data"][wanted.key]).decode()


async def test_the_container_is_asked_and_its_secrets_stay_masked(cluster: Cluster, connect: Connect) -> None:
    kube = connect("oncall")
    found = await read_environment(kube.client, NAMESPACE, pod_of(cluster, "relayer"), "relayer")
    variables = {variable.name: variable for variable in found.variables}
    assert found.instead == ""
    assert variables["CONFIRMATIONS"].value == "6"
    assert (variables["DATABASE_PASSWORD"].value, variables["DATABASE_PASSWORD"].secret) == (MASK, PASSWORD)
    assert value_of(cluster, PASSWORD) not in str(found)


async def test_who_may_not_run_anything_gets_the_spec_and_the_reason(cluster: Cluster, connect: Connect) -> None:
    kube = connect("viewer")
    found = await read_environment(kube.client, NAMESPACE, pod_of(cluster, "resolver"), "resolver")
    assert found.instead == f"get pods/exec in {NAMESPACE} is denied"
    assert {v.name: v.value for v in found.variables}["LOG_LEVEL"] == "info"
    assert cluster.request_log.count("GET", "/exec") == 0


async def test_inventories_have_names_and_sizes_but_no_values(cluster: Cluster, connect: Connect) -> None:
    kube = connect("oncall")
    kept = {secret.name: secret for secret in await secrets(kube.client, NAMESPACE)}
    assert kept[PASSWORD.secret].keys["password"] == len(value_of(cluster, PASSWORD))
    assert value_of(cluster, PASSWORD) not in str(kept)
    maps = {config.name: config for config in await config_maps(kube.client, NAMESPACE)}
    assert maps["fusion-bitcoin-config"].data["LOG_LEVEL"] == ("info",)
    assert any("resolver" in name for name in maps["fusion-bitcoin-config"].used_by)


async def test_a_map_with_bytes_shows_their_size(cluster: Cluster, connect: Connect) -> None:
    cluster.store.create("configmaps", {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "bytes", "namespace": NAMESPACE},
        "data": {"b": "text"}, "binaryData": {"a": base64.b64encode(b"\x00\x01\x02").decode()},
    })  # fmt: skip
    found = next(m for m in await config_maps(connect("oncall").client, NAMESPACE) if m.name == "bytes")
    assert found.data == {"b": ("text",), "a": ("(3 bytes, not text)",)}


async def test_a_value_is_revealed_once_recorded_and_masked_everywhere_else(
    cluster: Cluster, connect: Connect, tmp_path: Path
) -> None:
    gate = gate_in(tmp_path, FakeClock())
    value = await reveal(connect("oncall").client, gate, NAMESPACE, PASSWORD, "INC-7")
    assert value.reveal() == value_of(cluster, PASSWORD)
    assert value.reveal() not in redact(f"it is {value.reveal()}")
    (entry,) = trail_of(tmp_path)
    assert (entry.kind, entry.target, entry.reason) == ("reveal", f"secret/{PASSWORD.secret}", "INC-7")
    assert (entry.who.kube_user, entry.message) == ("oncall", f"key password in {NAMESPACE}")
    assert value.reveal() not in str(entry)


async def test_without_a_line_nothing_is_asked(cluster: Cluster, connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "audit").write_text("not a directory")
    with pytest.raises(AuditError, match="cannot be used"):
        await reveal(connect("oncall").client, gate_in(tmp_path, FakeClock()), NAMESPACE, PASSWORD, "why")
    assert cluster.request_log.count("GET", "/secrets/") == 0


@pytest.mark.parametrize(
    ("user", "wanted", "error", "words"),
    [
        ("viewer", PASSWORD, Denied, "secrets"),
        ("oncall", SecretKey("fusion-bitcoin-db", "none"), NotFound, "there is no such key"),
        ("oncall", SecretKey("nothing", "x"), NotFound, "nothing"),
        ("oncall", SecretKey("../configmaps/fusion-bitcoin-config", "LOG_LEVEL"), NotFound, "could not find"),
    ],
)
async def test_what_cannot_be_read_is_said_and_was_recorded(
    cluster: Cluster,
    connect: Connect,
    tmp_path: Path,
    user: str,
    wanted: SecretKey,
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        await reveal(connect(user).client, gate_in(tmp_path, FakeClock()), NAMESPACE, wanted, "why")
    assert [entry.kind for entry in trail_of(tmp_path)] == ["reveal"]
    assert cluster.request_log.count("GET", "/configmaps") == 0
