"""Getting into the machines: keys, the jump, what the bastion leads to, and ends that leave nothing behind."""

from __future__ import annotations

import asyncio
import socket
import stat
from pathlib import Path

import asyncssh
import pytest
import yaml

from providers.core.config_file import load
from sandbox.hosts.hosts import Hosts
from tests.contract.sandbox.hosts_client import NODE, NODE_IP, config, connect, run, started

pytestmark = pytest.mark.asyncio(loop_scope="module")


# -- login


async def test_every_node_is_reached_by_name_and_by_address(hosts: Hosts) -> None:
    assert len(hosts.where["ssh"]["nodes"]) == 3
    for name, host in hosts.machines.items():
        for way in (name, host.model.machine.ip):
            async with connect(hosts, way) as conn:
                assert await run(conn, "hostname") == (0, f"{name}\n", "")


async def test_its_files_are_private(hosts: Hosts) -> None:
    where = hosts.where["ssh"]
    paths = (where["identity"], where["config"], where["known_hosts"], *where["guarded"].values())
    assert {stat.S_IMODE(Path(path).stat().st_mode) for path in paths} == {0o600}


async def test_the_guarded_key_opens_only_with_its_passphrase(hosts: Hosts) -> None:
    guarded = hosts.where["ssh"]["guarded"]
    with pytest.raises(asyncssh.KeyImportError):
        asyncssh.read_private_key(guarded["identity"])
    key = asyncssh.read_private_key(guarded["identity"], Path(guarded["passphrase"]).read_text().strip())
    # A key that is given counts for the machine; the one of the ssh_config opens the bastion.
    async with connect(hosts, client_keys=[key]) as conn:
        assert (await run(conn, "id -un"))[1] == "oncall\n"


async def test_an_unknown_key_is_refused(hosts: Hosts) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(hosts, client_keys=[stranger])
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(hosts, "bastion", client_keys=[stranger])


async def test_another_user_is_refused(hosts: Hosts) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(hosts, username="root")


async def test_a_password_is_not_even_asked_for(hosts: Hosts) -> None:
    asked: list[str] = []

    class Client(asyncssh.SSHClient):
        def password_auth_requested(self) -> str:
            asked.append("password")
            return "secret"

        def kbdint_auth_requested(self) -> str:
            asked.append("keyboard-interactive")
            return ""

    with pytest.raises(asyncssh.PermissionDenied):
        await connect(
            hosts, "bastion", client_factory=Client, client_keys=[], preferred_auth="password,keyboard-interactive",
            password_auth=True, kbdint_auth=True,
        )  # fmt: skip
    assert asked == []


async def test_a_host_key_nobody_knows_is_refused(hosts: Hosts, tmp_path: Path) -> None:
    nobody = tmp_path / "known_hosts"
    nobody.write_text("")
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        await connect(hosts, "bastion", known_hosts=str(nobody))


async def test_a_changed_host_key_is_refused(tmp_path: Path) -> None:
    async with started(tmp_path) as hosts:
        hosts.doors[NODE].change_key()
        with pytest.raises(asyncssh.HostKeyNotVerifiable):
            await connect(hosts)
        async with connect(hosts, "10.20.12.41") as conn:
            assert (await run(conn, "true"))[0] == 0


async def test_every_machine_has_a_host_key_of_its_own(hosts: Hosts) -> None:
    lines = Path(hosts.where["ssh"]["known_hosts"]).read_text().splitlines()
    assert len({line.split()[2] for line in lines}) == len(lines) == 4
    assert {line.split()[1] for line in lines} == {"ssh-ed25519"}


# -- ways


async def test_a_node_lets_in_only_what_comes_from_the_bastion(hosts: Hosts) -> None:
    port = int(hosts.where["ssh"]["nodes"][NODE].rpartition(":")[2])
    identity = hosts.where["ssh"]["identity"]
    with pytest.raises((asyncssh.ConnectionLost, ConnectionError)):
        await asyncssh.connect("127.0.0.1", port, known_hosts=None, username="oncall", client_keys=[identity])
    async with connect(hosts) as conn:
        assert (await run(conn, "true"))[0] == 0


async def test_the_bastion_leads_to_ports_it_is_allowed_and_no_others(hosts: Hosts) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"welcome\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, connect(hosts, "bastion") as conn:
        with pytest.raises(asyncssh.ChannelOpenError, match="open failed"):
            await conn.open_connection("127.0.0.1", port)
        hosts.allow(port)
        reader, writer = await conn.open_connection("localhost", port)
        assert await reader.read() == b"welcome\n"
        writer.close()
        with pytest.raises(asyncssh.ChannelOpenError):
            await conn.open_connection("10.20.11.34", port)


async def test_a_port_that_is_closed_is_a_connection_that_fails(hosts: Hosts) -> None:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        port = plug.getsockname()[1]
    hosts.allow(port)
    async with connect(hosts, "bastion") as conn:
        with pytest.raises(asyncssh.ChannelOpenError) as failed:
            await conn.open_connection("127.0.0.1", port)
    assert failed.value.code == asyncssh.OPEN_CONNECT_FAILED


@pytest.mark.parametrize("host", ["bastion", NODE_IP])
async def test_nothing_else_is_forwarded(hosts: Hosts, host: str) -> None:
    port = int(hosts.where["ssh"]["bastion"].rpartition(":")[2])
    async with connect(hosts, host) as conn:
        with pytest.raises(asyncssh.ChannelListenError):
            await conn.forward_remote_port("", 0, "127.0.0.1", port)
        with pytest.raises(asyncssh.ChannelOpenError):
            await conn.open_unix_connection(config(hosts))
        with pytest.raises(asyncssh.ChannelOpenError):
            await conn.open_connection("127.0.0.1", port)


# -- the estate


async def test_its_section_is_a_part_of_a_configuration(hosts: Hosts, tmp_path: Path) -> None:
    file = tmp_path / "console.yaml"
    document = {"version": 1, "default": "one", "environments": {"one": {"production": True, **hosts.section}}}
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(document))
    held = load(file, {"HOME": str(tmp_path)}).config.environments["one"].hosts
    assert held is not None
    assert (held.user, held.bastion, held.bastion_user) == ("oncall", "bastion", "oncall")
    async with asyncssh.connect(
        held.node_host.format(internal_ip=NODE_IP), config=[held.ssh_config], known_hosts=held.known_hosts
    ) as conn:
        assert (await run(conn, "true"))[0] == 0
