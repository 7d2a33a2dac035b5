"""What an installation gets: the packages, their data, the two commands, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HOUSES = {"providers", "tui", "screens", "sandbox", "runbooks"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    directory = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    return zipfile.ZipFile(next(directory.glob("*.whl")))


def test_every_module_and_every_data_file_of_the_houses_is_there(wheel: zipfile.ZipFile) -> None:
    patterns = ("*.py", "*.tcss", "*.sql", "*.yaml", "py.typed")
    wanted = {
        str(path.relative_to(ROOT))
        for house in HOUSES
        for pattern in patterns
        for path in (ROOT / house).rglob(pattern)
    }
    assert wanted - set(wheel.namelist()) == set()


def test_nothing_else_is_there(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} <= HOUSES


def test_the_example_configuration_comes_along(wheel: zipfile.ZipFile) -> None:
    assert wheel.read("tui/config.example.yaml") == (ROOT / "config.example.yaml").read_bytes()


def test_both_commands_start_the_console(wheel: zipfile.ZipFile) -> None:
    name = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    parsed = ConfigParser()
    parsed.read_string(wheel.read(name).decode())
    assert dict(parsed["console_scripts"]) == dict.fromkeys(("fusion-console", "fc-console"), "tui.__main__:main")
