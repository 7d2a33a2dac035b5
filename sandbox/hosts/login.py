"""How one gets in: the keys of the client, and the files of OpenSSH that lead to the machines."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from sandbox.cluster.nodes.machines import Machine
from sandbox.hosts.facts import USER

LOOPBACK = "127.0.0.1"
BASTION = "bastion"
KEY_TYPE = "ssh-ed25519"


@dataclass(frozen=True)
class Login:
    """Paths of the client's keys, each 0600, and the public keys that open the machines.

    `guarded` is encrypted with what `passphrase` holds. It is an ECDSA key in PKCS#8: an encrypted one in OpenSSH's
    own form needs bcrypt, and not every OpenSSH reads Ed25519 in PKCS#8.
    """

    identity: Path
    guarded: Path
    passphrase: Path
    authorized: frozenset[bytes]

    @classmethod
    def make(cls, directory: Path) -> Login:
        """New keys in `directory`."""
        plain, guarded = asyncssh.generate_private_key(KEY_TYPE), asyncssh.generate_private_key("ecdsa-sha2-nistp256")
        phrase = secrets.token_urlsafe(18)
        return cls(
            write_private(directory / "id_ed25519", plain.export_private_key()),
            write_private(directory / "id_guarded", guarded.export_private_key("pkcs8-pem", passphrase=phrase)),
            write_private(directory / "passphrase", f"{phrase}\n".encode()),
            frozenset(key.public_data for key in (plain, guarded)),
        )  # fmt: skip


def write_private(path: Path, content: bytes) -> Path:
    """A new file that only its owner can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return path


def known_hosts(keys: Mapping[str, asyncssh.SSHKey], machines: Mapping[str, Machine]) -> bytes:
    """One line a host key, under the machine's alias and its internal address."""
    lines = []
    for alias, key in keys.items():
        names = f"{alias},{machines[alias].ip}" if alias in machines else alias
        lines.append(names.encode() + b" " + key.export_public_key().strip() + b"\n")
    return b"".join(lines)


def ssh_config(trusted: Path, identity: Path, ports: Mapping[str, int], machines: Mapping[str, Machine]) -> bytes:
    """The bastion, and every node behind it under its name and its internal address; `trusted` are the known hosts."""
    common = (
        f"HostName {LOOPBACK}", f"User {USER}", f'IdentityFile "{identity}"', "IdentitiesOnly yes",
        f'UserKnownHostsFile "{trusted}"', "GlobalKnownHostsFile /dev/null",
        "StrictHostKeyChecking yes", "PasswordAuthentication no",
    )  # fmt: skip
    blocks = []
    for alias, port in ports.items():
        machine = machines.get(alias)
        names = f"{alias} {machine.ip}" if machine else alias
        own = [f"Port {port}", f"HostKeyAlias {alias}", *([f"ProxyJump {BASTION}"] if machine else [])]
        blocks.append("\n".join([f"Host {names}", *(f"  {line}" for line in (*common, *own))]))
    return "\n\n".join(blocks).encode() + b"\n"
