"""The registry of the sandbox: which images exist, and what each runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sandbox.cluster.nodes.programs import system
from sandbox.cluster.nodes.programs.box import Program
from sandbox.cluster.nodes.programs.command import Command
from sandbox.cluster.nodes.programs.frontend import Frontend
from sandbox.cluster.nodes.programs.relayer import Relayer
from sandbox.cluster.nodes.programs.resolver import Resolver
from sandbox.cluster.seams import Manifest

REGISTRY = "registry.example"
BRIDGE = f"{REGISTRY}/fusion-bitcoin"
_TAGS = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")


@dataclass(frozen=True)
class Image:
    """One repository."""

    repository: str
    program: Program
    tags: tuple[str, ...]
    size: int


_IMAGES = {
    image.repository: image
    for image in (
        Image(f"{BRIDGE}/relayer", Relayer(), _TAGS, 48_213_004),
        Image(f"{BRIDGE}/resolver", Resolver(), _TAGS, 41_880_412),
        Image(f"{BRIDGE}/frontend", Frontend(), _TAGS, 23_117_950),
        Image(f"{BRIDGE}/telemetry", system.Sidecar(), ("0.9.4",), 11_020_233),
        Image(f"{BRIDGE}/tools", Command(), _TAGS, 9_402_114),
        Image(f"{REGISTRY}/busybox", Command(), ("1.35", "1.36", "latest"), 2_141_008),
        Image(f"{REGISTRY}/eks/coredns", system.COREDNS, ("v1.11.4",), 20_145_312),
        Image(f"{REGISTRY}/eks/kube-proxy", system.PROXY, ("v1.32.4",), 35_117_020),
        Image(f"{REGISTRY}/amazon-k8s-cni", system.CNI, ("v1.19.5",), 49_300_215),
        Image(f"{REGISTRY}/metrics-server", system.METRICS, ("v0.7.2",), 19_494_617),
        Image(f"{REGISTRY}/prometheus", system.PROMETHEUS, ("v3.4.0",), 110_023_446),
        Image(f"{REGISTRY}/alertmanager", system.ALERTS, ("v0.28.1",), 32_611_903),
    )
}


def find(reference: str) -> Image | None:
    """The image behind a reference; None when the registry has no such repository or tag."""
    repository, _, tag = reference.rpartition(":") if ":" in reference.rpartition("/")[2] else (reference, "", "latest")
    image = _IMAGES.get(repository)
    return image if image and (tag or "latest") in image.tags else None


def digest(reference: str) -> str:
    """`repository@sha256:…`, the imageID of a pulled image."""
    repository = reference.rpartition(":")[0] if ":" in reference.rpartition("/")[2] else reference
    return f"{repository}@sha256:{hashlib.sha256(reference.encode()).hexdigest()}"


def refusal(reference: str) -> str:
    """What the container runtime says of an image it cannot get."""
    start = f'failed to pull and unpack image "{reference}": failed to resolve reference "{reference}": '
    if reference.partition("/")[0] == REGISTRY:
        return f"rpc error: code = NotFound desc = {start}{reference}: not found"
    host, _, rest = reference.partition("/")
    path, _, tag = rest.rpartition(":")
    address = f"https://{host}/v2/{path or rest}/manifests/{tag if path else 'latest'}"
    text = f'failed to do request: Head "{address}": dial tcp: lookup {host} on 10.20.0.2:53: no such host'
    return f"rpc error: code = Unknown desc = {start}{text}"


def node_images() -> list[Manifest]:
    """What every node has pulled already, as `status.images` lists it."""
    names = [(image, tag) for image in _IMAGES.values() for tag in image.tags if tag != "1.3.0"]
    return [{"names": [f"{i.repository}:{tag}"], "sizeBytes": i.size} for i, tag in names]
