"""Does what runs know its configuration? K10."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from providers.core.check import Check, Finding, Verdict, finding
from providers.kube.inventory import UNKNOWN, ConfigMapEntry, config_maps

if TYPE_CHECKING:
    from providers.kube.provider import Kube


def checks(kube: Kube) -> Sequence[Check]:
    """Bound to one cluster."""

    async def drift() -> list[Finding]:
        used = [m for m in await config_maps(kube.client, kube.settings.namespace) if m.used_by]
        return [judge_config(config, kube.source) for config in used] or [
            finding("K10", "configmaps", Verdict.PASS, "no pod uses a config map", kube.source, "none is referenced")
        ]

    return (Check("K10", "Do the pods run with the configuration as it is now?", kube.source, drift),)


def judge_config(config: ConfigMapEntry, source: str) -> Finding:
    """Unchanged since its pods started, changed after (warn), or unknown where the cluster keeps no time."""
    subject = f"configmap/{config.name}"
    if config.drift.startswith(UNKNOWN):
        return finding("K10", subject, Verdict.UNKNOWN, "its age is not known", source, config.drift)
    if config.drift.startswith("no"):
        users = f"used by {', '.join(config.used_by[:5])}"
        return finding("K10", subject, Verdict.PASS, "unchanged since its pods started", source, users)
    return finding("K10", subject, Verdict.WARN, "changed after pods started", source, config.drift)
