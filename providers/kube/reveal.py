"""One value of one secret: recorded before it is read, and never read when it cannot be recorded (K07)."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from providers.core.errors import Garbled, NotFound
from providers.core.gate import Gate
from providers.core.secret import Secret
from providers.kube.client import KubeClient
from providers.kube.identity import who_am_i
from providers.kube.origins import SecretKey


async def reveal(client: KubeClient, gate: Gate, namespace: str, wanted: SecretKey, reason: str) -> Secret:
    """The value as the secret has it now. The trail keeps names and the reason, never the value.

    Raises AuditError (then the secret was not asked for), Denied, NotFound, Garbled …
    """
    gate.identify(kube_user=await who_am_i(client))
    await gate.record("reveal", f"key {wanted.key} in {namespace}", target=f"secret/{wanted.secret}", reason=reason)
    # A name out of a pod's spec must not lead to another address.
    answer = await client.object(f"/api/v1/namespaces/{namespace}/secrets/{quote(wanted.secret, safe='')}")
    data = answer.get("data") or {}
    if wanted.key not in data:
        raise NotFound(f"{wanted}: there is no such key", source=client.source)
    try:
        return Secret(base64.b64decode(data[wanted.key]).decode("utf-8", "replace"))
    except (binascii.Error, ValueError, TypeError):
        raise Garbled(f"{wanted}: not base64", source=client.source) from None
