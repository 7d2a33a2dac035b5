"""What tests of several members need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from providers.core.config import Environment, load
from sandbox.member import Grounds


def passable(directory: Path) -> Path:
    """Let others pass through pytest's own directories: the database's server is another user when we are root."""
    for way in (directory, *directory.parents):
        if "pytest-of-" in str(way):
            way.chmod(0o711)
    return directory


def grounds_of(home: Path, name: str) -> Grounds:
    """What the estate gives a member."""
    (home / name).mkdir(mode=0o700)
    passable(home)
    return Grounds(home, home / name, 7)


def loaded(directory: Path, section: dict[str, Any]) -> Environment:
    """The environment that has it. Raises ConfigError."""
    path = directory / "console.yaml"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump({"default": "e", "environments": {"e": section}}))
    return load(path, {}).config.environments["e"]
