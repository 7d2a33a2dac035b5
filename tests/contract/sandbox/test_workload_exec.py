"""Commands in containers, HTTP of the programs, metrics."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sandbox.cluster.seams import ConnectionRefused
from tests.contract.sandbox.workload_estate import FAULTS, FRONTEND, NS, RELAYER, RESOLVER, Estate, running

DB = ("fusion-bitcoin-db.internal", 5432)
REDIS = ("fusion-bitcoin-redis.internal", 6379)


@pytest.fixture
async def estate() -> AsyncIterator[Estate]:
    async with running() as held:
        yield held


def _pod(estate: Estate, app: str) -> str:
    return estate.pods(app)[0]["metadata"]["name"]


async def test_environment_is_resolved(estate: Estate) -> None:
    pod = _pod(estate, RELAYER)
    code, out, _ = await estate.run(pod, "relayer", "env")
    env = dict(line.partition("=")[::2] for line in out.splitlines())
    assert code == 0 and env["POD_NAME"] == pod and env["LOG_LEVEL"] == "info"
    assert env["POD_IP"] == estate.get("pods", pod)["status"]["podIP"]
    assert len(env["DATABASE_PASSWORD"]) > 20
    code, out, _ = await estate.run(pod, "relayer", "sh", "-c", "env | grep -i fusion_")
    assert code == 0 and all("fusion_" in line.lower() for line in out.splitlines()) and "FUSION_SERVICE=relayer" in out


async def test_files(estate: Estate) -> None:
    resolver = _pod(estate, RESOLVER)
    assert (await estate.run(resolver, "resolver", "cat", "/etc/hostname"))[1] == f"{resolver}\n"
    assert "spread_bp: 20" in (await estate.run(resolver, "resolver", "cat", "/etc/fusion/resolver.yaml"))[1]
    assert (await estate.run(resolver, "resolver", "ls", "/etc/fusion-secrets"))[1].split() == ["key-id", "key.hex"]
    assert "MemAvailable:" in (await estate.run(resolver, "resolver", "cat", "/proc/meminfo"))[1]
    code, _, err = await estate.run(resolver, "resolver", "cat", "/nowhere")
    assert (code, err) == (1, "cat: can't open '/nowhere': No such file or directory\n")


async def test_both_cgroup_versions_are_there(estate: Estate) -> None:
    paths = {"/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes"}
    found = set()
    for pod in estate.pods(RELAYER):
        for path in paths:
            code, out, _ = await estate.run(pod["metadata"]["name"], "relayer", "cat", path)
            if code == 0:
                found.add(path)
                assert 200 * 2**20 < int(out) < 1024 * 2**20
    assert found == paths


async def test_connections_agree_everywhere(estate: Estate) -> None:
    pod = _pod(estate, RELAYER)
    netstat = (await estate.run(pod, "relayer", "netstat", "-antp"))[1]
    assert ":3000" in netstat and "LISTEN" in netstat
    kernel = (await estate.run(pod, "relayer", "cat", "/proc/net/tcp"))[1]
    held = [line for line in kernel.splitlines() if ":1538 " in line]  # 5432
    shown = [line for line in netstat.splitlines() if ":5432" in line and "ESTABLISHED" in line]
    assert len(held) == len(shown) >= 2


async def test_pg_isready_really_connects(estate: Estate) -> None:
    pod = _pod(estate, RELAYER)
    ask = (pod, "relayer", "pg_isready", "-h", DB[0], "-p", str(DB[1]))
    assert await estate.run(*ask) == (2, f"{DB[0]}:5432 - no response\n", "")
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    estate.nodes.dial[DB] = server.sockets[0].getsockname()[:2]
    assert await estate.run(*ask) == (0, f"{DB[0]}:5432 - accepting connections\n", "")
    code, _, err = await estate.run(_pod(estate, FRONTEND), "frontend", "nc", "-zv", DB[0], "5432")
    assert code == 0 and "open" in err
    server.close()
    await server.wait_closed()
    assert (await estate.run(*ask))[0] == 2
    code, out, _ = await estate.run(
        pod, "relayer", "bash", "-c", "</dev/tcp/nowhere.example/5432 && echo up || echo down"
    )
    assert out == "down\n"


async def test_redis_cli_speaks_to_the_server(estate: Estate) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got = await reader.readuntil(b"ping\r\n")
        writer.write(b"+PONG\r\n" if got.startswith(b"*1\r\n$4\r\n") else b"-ERR\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        estate.nodes.dial[REDIS] = server.sockets[0].getsockname()[:2]
        answer = await estate.run(_pod(estate, RELAYER), "relayer", "redis-cli", "-h", REDIS[0], "ping")
    assert answer == (0, "PONG\n", "")


async def test_tools_differ_by_image(estate: Estate) -> None:
    frontend = _pod(estate, FRONTEND)
    for name in ("pg_isready", "curl", "no-such-program"):
        with pytest.raises(FileNotFoundError):
            await estate.run(frontend, "frontend", name)
    with pytest.raises(LookupError):
        await estate.run(frontend, "nothing", "env")
    code, _, err = await estate.run(frontend, "frontend", "sh", "-c", "pg_isready -h x")
    assert (code, err) == (127, "sh: pg_isready: not found\n")


async def test_curl_reaches_services_pods_and_the_chain(estate: Estate) -> None:
    pod = _pod(estate, RELAYER)
    code, out, _ = await estate.run(pod, "relayer", "curl", "-s", "http://fusion-bitcoin-resolver:3001/health")
    assert code == 0 and json.loads(out)["service"] == "resolver"
    call = '{"jsonrpc":"2.0","method":"net_version","params":[],"id":1}'
    url = "http://ethereum-node.internal:8545"
    code, out, _ = await estate.run(
        pod, "relayer", "curl", "-X", "POST", "-H", "Content-Type: application/json", "--data", call, url
    )
    assert json.loads(out) == {"jsonrpc": "2.0", "id": 1, "result": "1"}
    code, out, _ = await estate.run(
        _pod(estate, RESOLVER), "resolver", "sh", "-c", "curl -s localhost:3001/metrics | grep liquidity"
    )
    assert code == 0 and 'liquidity_pool_level{pool="wbtc-eth",asset="WBTC"}' in out
    code, _, err = await estate.run(pod, "relayer", "curl", "http://fusion-bitcoin-legacy/health")
    assert code == 7 and "Could not connect" in err
    await FAULTS["readiness-failing"].inject(estate.nodes)
    frontend = estate.pods(FRONTEND)[0]["status"]["podIP"]
    form = ["-s", "-o", "/dev/null", "-w", "%{http_code}"]
    assert (await estate.run(pod, "relayer", "curl", *form, f"http://{frontend}:8080/ready"))[1] == "503"


async def test_shell_grammar(estate: Estate) -> None:
    pod = _pod(estate, FRONTEND)
    cases = {
        "false; echo $?": "1\n", "true && echo yes || echo no": "yes\n",
        "echo '$HOME' \"$FUSION_SERVICE\"": "$HOME frontend\n",
        "echo a b | wc -w": "2\n", "X=1; echo ${X}${Y:-2}": "12\n", "cat /nowhere 2>/dev/null; echo end": "end\n",
        "printenv LOG_LEVEL | tr a-z A-Z >/dev/null; exit 4": "", "yes | head -n 2": "y\ny\n",
        "command -v nc >/dev/null && echo have": "have\n",
    }  # fmt: skip
    for line, expected in cases.items():
        code, out, _ = await estate.run(pod, "frontend", "sh", "-c", line)
        assert out == expected, line
    assert code == 0
    assert (await estate.run(pod, "frontend", "sh", "-c", "exit 4"))[0] == 4


async def test_interactive_shell_and_stdin(estate: Estate) -> None:
    pod = _pod(estate, FRONTEND)
    assert await estate.run(pod, "frontend", "cat", stdin=b"hello\n") == (0, "hello\n", "")
    code, out, _ = await estate.run(pod, "frontend", "sh", stdin=b"echo one\nexit 3\n")
    assert (code, out) == (3, "one\n")


async def test_endless_output_waits_for_its_reader_and_dies(estate: Estate) -> None:
    process = await estate.nodes.exec(NS, _pod(estate, RELAYER), "relayer", ["yes"], tty=False)
    size = 0
    async for _, chunk in process.output():
        size += len(chunk)
        if size > 1_000_000:
            break
    assert process.exit_code is None
    await process.kill()
    await process.kill()
    assert process.exit_code == 137


async def test_http_of_the_programs(estate: Estate) -> None:
    async def get(app: str, port: int, path: str):
        return await estate.nodes.http(NS, _pod(estate, app), port, "GET", path, {}, b"")

    health = json.loads((await get(RELAYER, 3000, "/health")).body)
    assert health["status"] == "ok" and health["dependencies"]["bitcoin"]["height"] > 800_000
    assert (await get(FRONTEND, 8080, "/ready")).status == 200
    assert (await get(RELAYER, 3000, "/nowhere")).status == 404
    assert len((await get(RELAYER, 3000, "/debug/pprof/profile")).body) > 1000
    with pytest.raises(ConnectionRefused):
        await get(RELAYER, 3999, "/")


@pytest.mark.parametrize(("app", "port"), [(RELAYER, 3000), (RESOLVER, 3001), (FRONTEND, 8080)])
async def test_metrics_are_valid_exposition(estate: Estate, app: str, port: int) -> None:
    answer = await estate.nodes.http(NS, _pod(estate, app), port, "GET", "/metrics", {}, b"")
    families = {f.name: f for f in text_string_to_metric_families(answer.body.decode())}
    codes = {s.labels["code"]: s.value for s in families["http_requests"].samples}
    assert codes["200"] > codes["500"] > 0
    buckets = [s.value for s in families["http_request_duration_seconds"].samples if s.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert families["process_resident_memory_bytes"].samples[0].value > 10_000_000


async def test_resource_metrics_fit_requests_and_nodes(estate: Estate) -> None:
    pods = estate.nodes.pod_metrics(None)
    assert {m["metadata"]["namespace"] for m in pods} == {NS, "kube-system", "monitoring"}
    relayer = next(m for m in pods if m["metadata"]["name"] == _pod(estate, RELAYER))["containers"][0]["usage"]
    assert 20e6 < int(relayer["cpu"].removesuffix("n")) < 1e9
    nodes = estate.nodes.node_metrics()
    assert len(nodes) == 3 and all(m["usage"]["memory"].endswith("Ki") for m in nodes)
