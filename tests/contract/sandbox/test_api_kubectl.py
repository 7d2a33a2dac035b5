"""kubectl itself against the sandbox cluster: the proof that it speaks as a cluster does."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

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
        ("auth can-i --list", "*.apps"),
        ("api-resources", "deployments"),
        ("explain deployment", "Deployment of the sandbox cluster"),
        ("get pods -o wide", "ip-10-20-11-34.eu-west-1.compute.internal"),
        ("get events --sort-by=.lastTimestamp", "LAST SEEN"),
        (f"get {RELAYER} -o name", "deployment.apps/fusion-bitcoin-relayer"),
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


async def test_applying_and_its_dry_run(cluster: Cluster, tmp_path: Path) -> None:
    manifest = tmp_path / "relayer.yaml"
    text = await kubectl(cluster, "get", RELAYER, "-o", "yaml")
    kept = [line for line in text.splitlines() if "resourceVersion:" not in line]
    manifest.write_text("\n".join(kept).replace("relayer:1.2.0", "relayer:1.1.0"))
    before = cluster.store.get("deployments.apps", "fusion-bitcoin", "fusion-bitcoin-relayer")["metadata"]["generation"]
    assert "configured (server dry run)" in await kubectl(cluster, "apply", "--dry-run=server", "-f", str(manifest))
    now = cluster.store.get("deployments.apps", "fusion-bitcoin", "fusion-bitcoin-relayer")
    assert now["metadata"]["generation"] == before
    assert "configured" in await kubectl(cluster, "apply", "-f", str(manifest))
    now = cluster.store.get("deployments.apps", "fusion-bitcoin", "fusion-bitcoin-relayer")
    assert now["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":1.1.0")


@pytest.mark.parametrize(
    ("words", "expected", "lines"),
    [("get pods -w", "fusion-bitcoin-relayer-", 20), (f"logs -f {RELAYER} --tail=2", '"service":"relayer"', 3)],
)
async def test_following(cluster: Cluster, words: str, expected: str, lines: int) -> None:
    process = await asyncio.create_subprocess_exec(
        "kubectl", "--kubeconfig", str(cluster.kubeconfigs["oncall"]), "-n", "fusion-bitcoin", *words.split(),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(30):
        if "-w" in words:
            await process.stdout.readline()
            await kubectl(cluster, "delete", "pod", "-l", "app=fusion-bitcoin-relayer", "--wait=false")
        while said.count("\n") < lines:
            said += (await process.stdout.readline()).decode()
    process.terminate()
    await process.wait()
    assert expected in said


async def test_commands_in_a_container(cluster: Cluster) -> None:
    said = await kubectl(cluster, "exec", RELAYER, "--", "sh", "-c", "echo out; exit 3", ok=False)
    assert "out" in said and "exit code 3" in said
    assert "not offered here" not in await kubectl(cluster, "exec", RELAYER, "--", "true")


async def test_a_log_of_a_container_that_did_not_restart(cluster: Cluster) -> None:
    said = await kubectl(cluster, "logs", "--previous", RELAYER, ok=False)
    assert "previous terminated container" in said and "not found" in said
