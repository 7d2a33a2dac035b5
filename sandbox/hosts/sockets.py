"""The TCP sockets of a machine itself; those of its pods are in networks of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox.cluster.nodes.estate.machines import BASTION_IP
from sandbox.cluster.nodes.machines import Machine
from sandbox.hosts.facts import API_SERVER
from sandbox.noise import Noise

_LOGIN = 61_000
Address = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Socket:
    """One socket; addresses as `ss` prints them. `owner` is (process, pid, descriptor), None for TIME-WAIT."""

    state: str
    queued: int
    backlog: int
    local: Address
    peer: Address
    owner: tuple[str, int, int] | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What `ss -s` counts: sockets of all kinds, and TCP by state."""

    total: int
    established: int
    listening: int
    time_wait: int
    tcp6: int
    udp4: int
    udp6: int


_NOBODY = ("0.0.0.0", "*")
# (process, descriptor, address, port, backlog)
_LISTENERS = (
    ("systemd-resolve", 12, "127.0.0.53%lo", "53", 4096),
    ("sshd", 3, "0.0.0.0", "22", 128),
    ("kubelet", 22, "127.0.0.1", "10248", 4096),
    ("kube-proxy", 15, "127.0.0.1", "10249", 4096),
    ("containerd", 9, "127.0.0.1", "43911", 4096),
    ("aws-k8s-agent", 11, "127.0.0.1", "50051", 4096),
    ("aws-k8s-agent", 8, "127.0.0.1", "61679", 4096),
    ("sshd", 4, "[::]", "22", 128),
    ("kubelet", 19, "*", "10250", 4096),
    ("kube-proxy", 13, "*", "10256", 4096),
    ("aws-k8s-agent", 9, "*", "61678", 4096),
)
# (process, descriptor, host, port): connections that stay open.
_CLIENTS = (
    ("kubelet", 17, API_SERVER, "443"),
    ("kube-proxy", 9, API_SERVER, "443"),
    ("aws-k8s-agent", 14, API_SERVER, "443"),
    ("ssm-agent-worke", 14, "52.119.196.70", "443"),
)


def sockets_of(machine: Machine, noise: Noise, pids: Mapping[str, int], at: float) -> list[Socket]:
    """Those of the processes in `pids`: listeners first, then what is open, then what has just been closed."""
    return [*_listening(pids), *_open(machine, noise, pids), *_closed(machine, noise, at)]


def _listening(pids: Mapping[str, int]) -> Iterator[Socket]:
    for process, descriptor, address, port, backlog in _LISTENERS:
        if process in pids:
            peer = _NOBODY if "." in address else (address, "*")
            yield Socket("LISTEN", 0, backlog, (address, port), peer, (process, pids[process], descriptor))


def _open(machine: Machine, noise: Noise, pids: Mapping[str, int]) -> Iterator[Socket]:
    for number, (process, descriptor, host, port) in enumerate(_CLIENTS):
        if process in pids:
            local = (machine.ip, _ephemeral(noise, f"{machine.name}/{process}", number))
            yield Socket("ESTAB", 0, 0, local, (host, port), (process, pids[process], descriptor))
    login = (BASTION_IP, _ephemeral(noise, f"{machine.name}/login", 0))
    yield Socket("ESTAB", 0, 0, (machine.ip, "22"), login, ("sshd", pids["sshd"] + _LOGIN, 4))


def _closed(machine: Machine, noise: Noise, at: float) -> Iterator[Socket]:
    """Probes of the kubelet: each leaves a socket behind for a minute."""
    probe = int(at / 5)
    for number in range(int(6 + 8 * noise.drift(f"closed/{machine.name}", at, 120))):
        pod = f"{machine.subnet}.{40 + int(6 * noise.unit(machine.name, probe - number))}"
        local = (machine.ip, _ephemeral(noise, machine.name, probe - number))
        yield Socket("TIME-WAIT", 0, 0, local, (pod, ("3000", "3001", "8080")[number % 3]), None)


def _ephemeral(noise: Noise, name: str, number: int) -> str:
    return str(32_768 + int(28_000 * noise.unit(f"port/{name}", number)))


def summary_of(sockets: list[Socket], machine: Machine, noise: Noise, at: float) -> Summary:
    """Counted from the sockets themselves; `total` has those that are not of the network, too."""
    states = [held.state for held in sockets]
    local = 300 + int(90 * noise.drift(f"sockets/{machine.name}", at, 600))
    tcp6 = sum("." not in held.local[0] for held in sockets)
    alive = len(states) - states.count("TIME-WAIT")
    return Summary(
        local + alive, states.count("ESTAB"), states.count("LISTEN"), states.count("TIME-WAIT"), tcp6, 4, 3
    )  # fmt: skip
