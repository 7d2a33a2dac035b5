"""Whom the cluster takes us for."""

from __future__ import annotations

import msgspec

from providers.core.errors import BackendError
from providers.core.text import clean
from providers.kube.client import KubeClient

_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_ASK = msgspec.json.encode({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})


class _User(msgspec.Struct):
    username: str = ""


class _Info(msgspec.Struct, rename="camel"):
    user_info: _User


class _Review(msgspec.Struct):
    status: _Info


async def who_am_i(client: KubeClient) -> str:
    """The user name the cluster knows (SelfSubjectReview, 1.28 and later), else the kubeconfig's name for it.

    Asked once per client: a name does not change while its credentials work.
    """
    if not client.known_as:
        client.known_as = await _ask(client)
    return client.known_as


async def _ask(client: KubeClient) -> str:
    try:
        answer = await client.send("POST", _PATH, _ASK)
        return clean(msgspec.json.decode(answer, type=_Review).status.user_info.username, 120) or client.user
    except (BackendError, msgspec.DecodeError):
        return f"{client.user} (by kubeconfig)"
