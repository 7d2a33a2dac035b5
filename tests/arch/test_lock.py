"""The lock and pyproject agree, and the lock names no address."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.arch.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = PROJECT["project"]["dependencies"]
EVERYTHING = [*RUNTIME, *PROJECT["project"]["optional-dependencies"]["sandbox"], *PROJECT["dependency-groups"]["dev"]]


def _locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text()
    return {m[1].lower(): m[2] for m in re.finditer(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE)}


@pytest.mark.parametrize(("lock", "wanted"), [("requirements.lock", RUNTIME), ("requirements-dev.lock", EVERYTHING)])
def test_every_dependency_is_locked_at_a_version_that_fits(lock: str, wanted: list[str]) -> None:
    locked = _locked(lock)
    for line in wanted:
        requirement = Requirement(line)
        version = locked.get(requirement.name.lower())
        assert version is not None, f"{lock} has no {requirement.name}: run make lock"
        assert requirement.specifier.contains(version, prereleases=True), f"{lock}: {requirement} but {version}"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_entry_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry)
    assert "://" not in text


def test_the_runtime_lock_is_part_of_the_whole() -> None:
    runtime, everything = _locked("requirements.lock"), _locked("requirements-dev.lock")
    assert {name: everything.get(name) for name in runtime} == runtime
