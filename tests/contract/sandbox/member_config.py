"""A member's section as the console reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from providers.core.config import Environment, load


def loaded(directory: Path, section: dict[str, Any]) -> Environment:
    """The environment that has it. Raises ConfigError."""
    path = directory / "console.yaml"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump({"default": "e", "environments": {"e": section}}))
    return load(path, {}).config.environments["e"]
