"""kubectl itself against the sandbox cluster: the proof that it speaks as a cluster does."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from sandbox.cluster.cluster import Cluster

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed here")
RELAYER = "deploy/fusion-bitcoin-relayer"


async def kubectl(cluster: Cluster, *words: str, user: str = "oncall", ok: bool = True) -> str:
    """Its output; without `ok` it has to fail."""
    process = await asyncio.create_subprocess_exec(
        "kubectl", "--kubeconfig", str(cluster.kubeconfigs[user]), "-n", "fusion-bitcoin", "--cache-dir",
        str(cluster.ca_path.parent / "cache"), *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 40)
    assert (process.returncode == 0) is ok, output.decode()
    return output.decode()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("get pods", "fusion-bitcoin-relayer-"),
        ("get deploy,rs,svc,cm,ep,events", "fusion-bitcoin-relayer"),
        (f"get {RELAYER} -o yaml", "deployment.kubernetes.io/revision"),
        (f"describe {RELAYER}", "RollingUpdateStrategy"),
        (f"rollout history {RELAYER}", "CHANGE-CAUSE"),
        (f"rollout status {RELAYER}", "successfully rolled out"),
        (f"logs {RELAYER} --tail=3", '"service":"relayer"'),
        (f"exec {RELAYER} -- env", "HOSTNAME=fusion-bitcoin-relayer"),
        ("top pods", "MEMORY"),
        ("auth can-i patch deployments.apps", "yes"),
        ("api-resources", "deployments"),
    ],
)
async def test_reading(cluster: Cluster, words: str, expected: str) -> None:
    assert expected in await kubectl(cluster, *words.split())


async def test_changing_and_taking_back(cluster: Cluster) -> None:
    await kubectl(cluster, "set", "image", RELAYER, "relayer=registry.example/fusion-bitcoin/relayer:1.1.0")
    await kubectl(cluster, "rollout", "status", RELAYER, "--timeout=30s")
    await kubectl(cluster, "rollout", "undo", RELAYER)
    await kubectl(cluster, "rollout", "status", RELAYER, "--timeout=30s")
    await kubectl(cluster, "scale", RELAYER, "--replicas=2")
    spec = cluster.store.get("deployments.apps", "fusion-bitcoin", "fusion-bitcoin-relayer")["spec"]
    assert spec["replicas"] == 2
    assert spec["template"]["spec"]["containers"][0]["image"].endswith(":1.2.0")


async def test_denied(cluster: Cluster) -> None:
    said = await kubectl(cluster, "scale", RELAYER, "--replicas=1", user="viewer", ok=False)
    assert 'User "viewer" cannot patch resource "deployments/scale"' in said
    assert "yes" not in await kubectl(cluster, "auth", "can-i", "delete", "pods", user="viewer", ok=False)
