"""Another image for one container (C05): a hotfix, or a release by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final

from providers.core.action import Option, Target
from providers.core.errors import UsageError
from providers.core.text import clean
from providers.kube.change_cause import recorded
from providers.kube.deployment_action import DeploymentAction, Edit, address, paused, way_back
from providers.kube.identity import who_am_i
from providers.kube.impact import interrupts
from providers.kube.rollouts import History
from providers.kube.template_edit import choose, with_field

_PART: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE: Final = re.compile(
    rf"(?P<name>(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
"""An image reference (github.com/distribution/reference, without its rarer digests)."""


class SetImage(DeploymentAction):
    """Roll one container to another image; the rest of the template stays."""

    id: ClassVar[str] = "set-image"
    title: ClassVar[str] = "Set the image of a container"
    rows: ClassVar[tuple[str, ...]] = ("C05", "E05", "E06")
    options: ClassVar[tuple[Option, ...]] = (
        Option("image", "The whole image, or only :TAG or @sha256:DIGEST of the one that runs.", required=True),
        Option("container", "Which container; needed when there are several."),
    )

    def known(self, target: Target) -> Mapping[str, str]:
        deployment = self.seen(target)
        return {"image": deployment.images[0]} if deployment and len(deployment.images) == 1 else {}

    async def edit(self, past: History, options: Mapping[str, str]) -> Edit:
        client = self._kube.client
        container = choose(past, options.get("container", ""))
        before = str(container.manifest.get("image", ""))
        image = resolve(before, options.get("image", ""))
        by = f"{container.name} image {image}, set by {await who_am_i(client)} (fusion-console)"
        cause, said = recorded(past.deployment, by)
        return Edit(
            title=f"Set the image of {container.name} in deployment/{past.name}",
            operations=({"op": "replace", "path": f"{container.path}/image", "value": image}, cause),
            template=with_field(past, container, "image", image),
            diff=(said,),
            interrupts=(*image_lines(past, image), *await interrupts(client, past.deployment)),
            inverse=way_back(past),
            equivalent=f"kubectl set image {address(past)} {container.name}={image}",
            blockers=(*paused(past), *((f"{container.name} has this image already",) if image == before else ())),
        )


def resolve(running: str, wanted: str) -> str:
    """The whole reference. Raises UsageError for what is none."""
    name = running.partition("@")[0]
    if ":" in name.rpartition("/")[2]:
        name = name.rpartition(":")[0]
    image = f"{name}{wanted}" if wanted[:1] in {":", "@"} else wanted
    if not _REFERENCE.fullmatch(image):
        raise UsageError(f"{clean(wanted, 200)!r} is no image", fix="give REPOSITORY/NAME:TAG, :TAG or @sha256:…")
    return image


def image_lines(past: History, image: str) -> list[str]:
    """What is known of an image before it is pulled."""
    found = _REFERENCE.fullmatch(image)
    ran = [r for r in past.revisions if image in r.images and not r.current]
    lines = [
        _record(ran[0].number, ran[0].ready) if ran else "no kept revision ran this image: only the pull will tell"
    ]
    if found and not found["digest"] and found["tag"] in {None, "latest"}:
        lines.append("its tag says nothing: which build is pulled cannot be told beforehand")
    return lines


def _record(revision: int, ready: int) -> str:
    return f"revision {revision} ran this image" + (f", {ready} of its pods are ready now" if ready else "")
