"""What must not be loaded, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest


def _loaded(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


_SYSTEMS = ("kube", "postgres", "redis", "aws")
_HOUSE = ["providers.core.site", *(f"providers.{name}.{part}" for name in _SYSTEMS for part in ("provider", "actions"))]


@pytest.mark.parametrize("module", _HOUSE)
def test_providers_know_no_terminal(module: str) -> None:
    assert not _loaded(f"import {module}") & {"textual", "rich", "tui", "screens", "sandbox"}


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    assert not _loaded("import tui.__main__") & {
        "textual",
        "rich",
        "kubernetes",
        "boto3",
        "aiohttp",
        "asyncio",
        "msgspec",
    }


def test_reading_commands_load_no_terminal() -> None:
    commands = ("get", "logs", "check", "act", "doctor", "describe", "rollouts")
    assert "textual" not in _loaded("; ".join(f"import tui.commands.{name}" for name in commands))
