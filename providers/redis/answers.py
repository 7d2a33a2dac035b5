"""From what redis-py raises and what a server refuses to the core's error tree."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Sequence
from typing import Final

from redis import exceptions

from providers.core.errors import (
    BackendError,
    Conflict,
    Denied,
    Garbled,
    Invalid,
    NotFound,
    ServerFault,
    TimedOut,
    Unauthenticated,
    Unreachable,
    Untrusted,
)
from providers.core.secret import redact
from providers.core.text import clean

_COMMAND: Final = re.compile(r"run the '(?P<command>[^']+)' command")
_KEYS: Final = re.compile(r"access (a key|one of the keys)")
LOGIN_FIX: Final = "check redis.username and redis.password of this environment: ACL GETUSER on the server says more"
TLS_HINT: Final = "if the server wants TLS, write rediss:// or tls: true"
_FULL: Final = "max number of clients reached"
_FAULTS: Final = {
    "LOADING": ("the server is still loading its data", "wait; INFO persistence tells how far it is"),
    "MASTERDOWN": ("this replica has lost its master and is set not to serve old data", "ask the master, or fail over"),
    "CLUSTERDOWN": ("the cluster does not serve: some of its slots have no master", "look at CLUSTER NODES"),
    "TRYAGAIN": ("the cluster is moving these slots", "try again in a moment"),
    "BUSY": ("a script has been running for too long, nothing else is served", "end it: SCRIPT KILL or FUNCTION KILL"),
    "OOM": ("memory is at maxmemory and nothing may be evicted: writes are refused", "free memory or raise maxmemory"),
    "MISCONF": ("writes are refused since the last save failed", "look at the disk and at rdb_last_bgsave_status"),
    "NOREPLICAS": ("writes are refused: too few replicas follow", "look at the replicas, or at min-replicas-to-write"),
}
"""First word of the refusal: what it means, and what to do."""


class ClientsFull(ServerFault):
    """The server turns new connections away: as many clients as maxclients allows are connected."""


def refusal(error: exceptions.RedisError, words: Sequence[str | bytes | int], user: str, source: str) -> BackendError:
    """The error that a reply to the command `words` (or the breaking of its connection) means."""
    said = redact(clean(str(error), 300))
    code = error.status_code or said.split(" ", 1)[0]
    if isinstance(error, exceptions.NoPermissionError):
        return _denied(said, words, user, source)
    if isinstance(error, exceptions.AuthenticationError) or code == "DENIED":
        return Unauthenticated(_login(code, said), source=source, fix=LOGIN_FIX)
    if code in _FAULTS:
        message, fix = _FAULTS[code]
        return ServerFault(message, source=source, fix=fix)
    if _FULL in said:
        fix = "end idle clients, or raise maxclients; the feed of clients tells whose they are"
        return ClientsFull("the server turns new clients away: maxclients is reached", source=source, fix=fix)
    if isinstance(error, exceptions.ConnectionError):
        return Unreachable(f"the connection broke: {said}", source=source, fix=TLS_HINT)
    if isinstance(error, exceptions.InvalidResponse):
        return Garbled("the answer is not in Redis' protocol", source=source, fix=TLS_HINT)
    return _rejected(error, said, source)


def _rejected(error: exceptions.RedisError, said: str, source: str) -> BackendError:
    """The server understood, and did not do it."""
    if isinstance(error, exceptions.ReadOnlyError):
        return Conflict("it is a replica, which takes no writes", source=source, fix="go to the master")
    if isinstance(error, exceptions.MovedError | exceptions.AskError):
        return Invalid("that key is on another node of the cluster", source=source)
    if said.lower().startswith(("unknown command", "unknown subcommand", "err unknown command", "err unknown sub")):
        return NotFound(f"the server does not know this command (too old, or renamed): {said}", source=source)
    return Invalid(said, source=source)


def _denied(said: str, words: Sequence[str | bytes | int], user: str, source: str) -> Denied:
    """The right that is missing, in the words that grant it."""
    who = clean(user or "default", 80)
    if _KEYS.search(said):
        fix = f"on the server: ACL SETUSER {who} ~*"
        return Denied(f"{who} may not touch these keys", permission="~*", source=source, fix=fix)
    found = _COMMAND.search(said)
    command = clean(found["command"] if found else str(words[0]).lower(), 60)
    shown = command.replace("|", " ").upper()
    fix = f"on the server: ACL SETUSER {who} +{command}"
    return Denied(f"{who} may not run {shown}", permission=f"+{command}", source=source, fix=fix)


def _login(code: str, said: str) -> str:
    if code == "NOAUTH":
        return "the server wants a password (NOAUTH)"
    if code == "DENIED":
        return "the server is in protected mode: it has no password and takes only connections of its own machine"
    if "without any password" in said or "no password is set" in said:
        return "a password is configured here, but the server's default user has none"
    return "the server does not accept user and password (WRONGPASS)"


def unreached(error: OSError, hop: str, where: str, source: str) -> BackendError:
    """Why a connection did not come about; `hop` is what was under way: DNS, connect or TLS."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = clean(error.verify_message or str(error), 200)
        fix = "check the name in redis.url and the certificates in redis.ca_file"
        return Untrusted(f"{where} did not prove who it is: {why}", source=source, fix=fix)
    if isinstance(error, ssl.SSLError):
        why = clean((error.reason or "handshake failed").replace("_", " ").lower(), 120)
        fix = "check that the port speaks TLS; a server at its maxclients also ends the handshake"
        return Untrusted(f"{where}: no TLS: {why}", source=source, fix=fix)
    if isinstance(error, socket.gaierror):
        why = clean(error.strerror or "unknown name", 120).lower()
        return Unreachable(f"{where}: the name does not resolve: {why}", source=source, fix="check redis.url, then DNS")
    if isinstance(error, TimeoutError):
        return TimedOut(f"{where}: no answer to {hop}", source=source, fix="look at security groups and routes")
    why = os.strerror(error.errno).lower() if error.errno else clean(str(error), 120)
    fix = "nothing listens there: is the server up, is the port right?" if error.errno == 111 else ""
    return Unreachable(f"{where}: {why}", source=source, fix=fix)
