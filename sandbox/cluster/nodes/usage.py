"""How much CPU and memory a run uses: moving a little all the time, in step with requests and limits."""

from __future__ import annotations

import time

from sandbox.cluster.nodes import quantities
from sandbox.cluster.nodes.programs import catalog
from sandbox.cluster.nodes.programs.box import Box


def memory_bytes(box: Box) -> int:
    """The working set; never above the limit, since the kernel would have killed it."""
    image = catalog.find(box.image)
    base = image.program.base_memory if image else 4 * 2**20
    wobble = box.world.bridge.drift(f"memory/{box.name}/{box.container['name']}", time.time(), 45) - 0.5
    used = int(box.memory(base) * (1 + 0.06 * wobble))
    limit = box.memory_limit
    return min(used, limit - 4096) if limit else used


def cpu_nanos(box: Box) -> int:
    """Nanocores."""
    image = catalog.find(box.image)
    base = float(image.program.base_cpu if image else 4)
    swing = box.world.bridge.drift(f"cpu/{box.name}/{box.container['name']}", time.time(), 30)
    busy = base * (0.6 + 0.8 * swing) + 600 * min(1.0, box.setting.flood / 10_000)
    limit = ((box.container.get("resources") or {}).get("limits") or {}).get("cpu")
    if limit:
        busy = min(busy, quantities.millicores(limit))
    return int(busy * 1e6)
