"""The machines as a part of the whole estate."""

from __future__ import annotations

from pathlib import Path

from providers.core.config_file import load
from sandbox.cluster.seams import Pace
from sandbox.estate import Estate
from sandbox.members import STARTERS
from tests.contract.sandbox.hosts_client import NODE, NODE_IP, connect, run


async def test_the_runtime_of_a_node_shows_the_pods_of_the_cluster() -> None:
    estate = await Estate.start(pace=Pace(30.0), starters={"hosts": STARTERS["hosts"]})
    try:
        (hosts,) = estate.members.values()
        store = estate.cluster.store
        pods = [pod["metadata"] for pod in store.list("pods") if pod["spec"].get("nodeName") == NODE]
        async with connect(hosts, NODE_IP) as conn:
            listed = (await run(conn, "crictl ps -a"))[1]
            assert {pod["name"] for pod in pods} == {line.split()[-2] for line in listed.splitlines()[1:]}
            gone = next(pod for pod in pods if "relayer" in pod["name"])
            store.delete("pods", gone["namespace"], gone["name"], grace=0)
            assert gone["name"] not in (await run(conn, "crictl ps -a"))[1]
        held = load(Path(estate.where()["config"]), {}).config.environments["sandbox-prod"].hosts
        assert held is not None and held.ssh_config == estate.where()["ssh"]["config"]
    finally:
        await estate.stop()
    assert not estate.directory.exists()
