"""A real PgBouncer in front of the sandbox's server: who waits for a server, and what its console refuses."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from providers.core.config import PgBouncer, SecretSource
from providers.core.errors import BackendError, Denied
from providers.core.secret import Secret
from sandbox.child import Child
from sandbox.ports import free_port
from sandbox.postgres.cluster import server_uid
from sandbox.postgres.server import Postgres as Server
from tests.contract.postgres.conftest import Connect
from tests.contract.postgres.waiting import Blocked, until
from tests.contract.sandbox.member_config import passable

pytestmark = pytest.mark.asyncio(loop_scope="session")
PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
SETTINGS = """[databases]
fusion = host=127.0.0.1 port={behind} dbname=fusion
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
stats_users = oncall
pool_mode = transaction
default_pool_size = 2
max_client_conn = 40
"""


def _login(server: Server, user: str) -> dict[str, str]:
    return {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(server.plain(user)).items()}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def port(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[int]:
    if PROGRAM is None:
        pytest.skip("this machine has no PgBouncer")
    home = passable(tmp_path_factory.mktemp("pooler"))
    users, config, port = home / "users", home / "pgbouncer.ini", free_port()
    logins = {user: _login(server, user) for user in ("oncall", "viewer", "fusion_app")}
    users.write_text("".join(f'"{user}" "{login["password"]}"\n' for user, login in logins.items()))
    config.write_text(SETTINGS.format(behind=logins["oncall"]["port"], port=port, users=users))
    child = await Child.start(home, "pgbouncer", [PROGRAM, str(config)], uid=server_uid())
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert child.running, child.silent("it ended")
                await asyncio.sleep(0)
            else:
                writer.close()
                break
    yield port
    await child.stop()


async def _through(server: Server, port: int) -> psycopg.AsyncConnection[object]:
    login = _login(server, "fusion_app") | {"port": str(port)}
    return await psycopg.AsyncConnection.connect(**login, application_name="relayer", prepare_threshold=None)  # type: ignore[arg-type]


async def test_who_waits_for_a_server_is_seen(connect: Connect, server: Server, port: int) -> None:
    db = connect("oncall", pgbouncer=PgBouncer(host="127.0.0.1", port=port))
    assert db.pools is not None
    holders = [await _through(server, port) for _ in range(2)]
    for holder in holders:
        await holder.execute("SELECT 1")
    waiter = Blocked(await _through(server, port), "SELECT 1")
    reading = await until(db.pools, lambda r: r.value is not None and any(p.clients_waiting for p in r.value.pools))
    found = reading.value
    pool = found.pools[0]
    assert (pool.database, pool.user, pool.clients_waiting, pool.servers_active) == ("fusion", "fusion_app", 1, 2)
    assert (pool.mode, found.mode, found.pool_size, found.most_clients) == ("transaction", "transaction", 2, 40)
    assert pool.max_wait > 0 and found.version.startswith("PgBouncer 1.")
    assert {(d.name, d.servers, d.paused) for d in found.databases} == {("fusion", 2, False)}
    assert sum(group.count for group in found.groups if group.user == "fusion_app") == 3
    assert [traffic.database for traffic in found.traffic] == ["fusion"]
    for holder in holders:
        await holder.close()
    assert await waiter.ended() == "done"
    await waiter.stop()


async def test_a_user_that_is_not_listed_is_denied(connect: Connect, port: int) -> None:
    db = connect("viewer", pgbouncer=PgBouncer(host="127.0.0.1", port=port))
    assert db.pgbouncer is not None
    with pytest.raises(Denied) as caught:
        await db.pgbouncer.read()
    assert "add viewer to stats_users" in caught.value.fix


@pytest.mark.parametrize(
    ("changes", "state"),
    [({"password": SecretSource(literal=Secret("not-this-one"))}, "login"), ({"port": 1}, "down")],
)
async def test_what_is_wrong_is_the_pooler_s(
    connect: Connect, port: int, changes: dict[str, object], state: str
) -> None:
    pooler = {"host": "127.0.0.1", "port": port} | changes
    db = connect("oncall", pgbouncer=PgBouncer(**pooler))  # type: ignore[arg-type]
    assert db.pgbouncer is not None
    with pytest.raises(BackendError) as caught:
        await db.pgbouncer.read()
    assert (caught.value.kind, caught.value.source) == (state, "pgbouncer test")


async def test_one_in_the_way_of_the_database_is_recognised(connect: Connect, port: int) -> None:
    with pytest.raises(BackendError, match="unsupported startup parameter") as caught:
        await connect("oncall", port=port, sslmode="disable").client.read("pulse")
    assert "this is a PgBouncer" in caught.value.fix


async def test_without_a_pooler_there_is_no_feed(connect: Connect) -> None:
    assert "pools" not in connect("oncall").feeds
