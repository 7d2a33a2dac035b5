"""The users' bearer tokens and the kubeconfig files that carry them."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

import yaml

from sandbox.cluster.access import USERS, User
from sandbox.cluster.errors import Unauthorized

_CLUSTER = "fusion-sandbox"
_NAMESPACE = "fusion-bitcoin"
_PLUGIN = """\
#!/bin/sh
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$(cat "$1")"
"""


class Tokens:
    """Each user has a token that stays in their kubeconfig and one in a file, which can be issued again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lasting = {user.name: secrets.token_urlsafe(32) for user in USERS}
        self._renewed: dict[str, str] = {}
        self._expired = False
        for user in USERS:
            _write(self.path(user.name), self._lasting[user.name])

    def path(self, name: str) -> Path:
        """The file that always holds a token that works."""
        return self._directory / f"{name}.token"

    def lasting(self, name: str) -> str:
        return self._lasting[name]

    def owner(self, header: str) -> User:
        """The user behind an Authorization header. Raises Unauthorized."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized
        for user in USERS:
            if any(hmac.compare_digest(token.strip(), good) for good in self._good(user.name)):
                return user
        raise Unauthorized

    def expire(self) -> None:
        """Only what is in the token files from now on is valid; the tokens in kubeconfigs are not."""
        self._expired = True
        self._renewed = {user.name: secrets.token_urlsafe(32) for user in USERS}
        for name, token in self._renewed.items():
            _write(self.path(name), token)

    def restore(self) -> None:
        """Accept the tokens of the kubeconfigs again, beside the renewed ones."""
        self._expired = False

    def _good(self, name: str) -> list[str]:
        good = [self._renewed[name]] if name in self._renewed else []
        return good if self._expired else [*good, self._lasting[name]]


def write_kubeconfigs(directory: Path, tokens: Tokens, url: str, ca_path: Path) -> dict[str, Path]:
    """Write three files a user: NAME with the token, NAME-file with a tokenFile, NAME-exec with a credential plugin."""
    plugin = directory / "credential-plugin"
    _write(plugin, _PLUGIN, 0o700)
    files: dict[str, Path] = {}
    for user in USERS:
        path = str(tokens.path(user.name))
        exec_ = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(plugin),
            "args": [path],
            "interactiveMode": "Never",
        }
        for name, credential in (
            (user.name, {"token": tokens.lasting(user.name)}),
            (f"{user.name}-file", {"tokenFile": path}),
            (f"{user.name}-exec", {"exec": exec_}),
        ):
            files[name] = directory / f"{name}.kubeconfig"
            _write(files[name], yaml.safe_dump(_kubeconfig(user.name, credential, url, ca_path), sort_keys=False))
    return files


def _kubeconfig(user: str, credential: object, url: str, ca_path: Path) -> dict[str, object]:
    context = {"cluster": _CLUSTER, "user": user, "namespace": _NAMESPACE}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _CLUSTER, "cluster": {"server": url, "certificate-authority": str(ca_path)}}],
        "users": [{"name": user, "user": credential}],
        "contexts": [{"name": _CLUSTER, "context": context}],
        "current-context": _CLUSTER,
    }


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file whole, so that a reader never sees half a token."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    fresh.replace(path)
