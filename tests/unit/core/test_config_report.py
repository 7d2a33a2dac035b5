"""What `config show`, `validate` and `init` say, and that the example and the documentation leave no key out."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from msgspec import inspect

from providers.core import config_report
from providers.core.config import Config, Loaded
from providers.core.config_file import load
from providers.core.errors import ConfigError
from providers.core.secret_source import SecretSource
from tests.unit.core.config_home import Home
from tests.unit.core.config_pages import page, structs

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def uncommented(text: str) -> str:
    """The example with every default written out: "#key: value" is a default, "# words" is prose."""
    return re.sub(r"^(\s*)#(?=[a-z_0-9]+:)", r"\1", text, flags=re.MULTILINE)


def test_the_example_loads_without_a_warning(home: Home) -> None:
    loaded = home.load(config_report.example_text())
    assert loaded.warnings == ()
    assert [(name, one.production) for name, one in loaded.config.environments.items()] == [
        ("staging", False),
        ("production", True),
    ]
    assert loaded.config.default == "staging"


def test_the_examples_services_are_the_built_in_ones(home: Home) -> None:
    assert home.load(config_report.example_text()).config.services == Config().services


def test_every_commented_default_is_the_structs_default(home: Home) -> None:
    text = config_report.example_text()
    assert len(re.findall(r"^\s*#[a-z_0-9]+:", text, re.MULTILINE)) > 80
    as_written, written_out = home.load(text), home.load(uncommented(text))
    assert written_out.config == as_written.config


def test_every_key_of_every_section_stands_in_the_example() -> None:
    shown: dict[type[Any], set[str]] = {}
    collect(yaml.safe_load(uncommented(config_report.example_text())), inspect.type_info(Config), shown)
    for kind in structs():
        wanted = set(kind.__struct_fields__) - ({"name"} if kind.__name__ in ("Environment", "Service") else set())
        assert wanted - shown.get(kind, set()) == set(), kind.__name__


def collect(value: Any, kind: inspect.Type, shown: dict[type[Any], set[str]]) -> None:
    """Note the keys each struct is written with."""
    if isinstance(kind, inspect.UnionType):
        for one in kind.types:
            collect(value, one, shown)
    elif isinstance(kind, inspect.VarTupleType):
        for inner in value.values() if isinstance(value, dict) else value or ():
            collect(inner, kind.item_type, shown)
    elif isinstance(kind, inspect.DictType):
        for inner in (value or {}).values():
            collect(inner, kind.value_type, shown)
    elif isinstance(kind, inspect.StructType) and kind.cls is not SecretSource and isinstance(value, dict):
        shown.setdefault(kind.cls, set()).update(value)
        for field in kind.fields:
            if field.name in value:
                collect(value[field.name], field.type, shown)


def test_what_is_shown_is_a_configuration_with_the_same_values(home: Home) -> None:
    loaded = home.load(re.sub(r"\{command: [^}]*\}", "{env: X}", config_report.example_text()))
    again = home.load(config_report.show(loaded))
    assert again.config == loaded.config


def test_show_names_the_file_that_won_and_those_looked_at(home: Home) -> None:
    shown = config_report.show(home.load())
    assert f"# looked at {home.file}: not there" in shown
    assert "# looked at /etc/fusion-console/config.yaml: not there" in shown
    assert "# no file: built-in defaults and the environment variables of this shell" in shown
    shown = config_report.show(home.load("theme: x"))
    assert f"# looked at {home.file}: this one" in shown
    assert "/etc/fusion-console" not in shown


def test_show_says_where_each_key_comes_from(home: Home) -> None:
    shown = config_report.show(home.load("theme: x\nenvironments: {lab: {aws: {}}}", AWS_PROFILE="p"))
    assert "# file\ntheme: x" in shown
    assert "# default\nmouse: true" in shown
    assert "# file\n#   environments.lab.aws.profile: from AWS_PROFILE\nenvironments:" in shown


def test_show_masks_every_secret(home: Home) -> None:
    shown = config_report.show(
        home.load(
            "environments: {a: {redis: {password: hunter2-a}, postgres: {password: {command: 'vault -t=hunter2-b'}},"
            " chain: {prices: [{name: x, url: 'https://h/p?pair=1&api_key=hunter2-c&z=2'}]}}}"
        )
    )
    assert "hunter2" not in shown
    assert "password: •••" in shown
    assert "command: vault …" in shown
    assert "https://h/p?pair=1&api_key=•••&z=2" in shown


def test_validate_lists_mistakes_or_warnings_and_never_raises(home: Home) -> None:
    home.write("them: x\nmouse: 1")
    report = config_report.validate(None, home.environ())
    assert not report.ok
    assert [problem.key for problem in report.errors] == ["", "mouse"]
    assert report.lines()[0] == f"error: {home.file}:1:1: unknown key them; did you mean theme?"
    assert str(report.errors[1]) == f"{home.file}:2:8: mouse: expected true or false, found '1'"
    as_json = msgspec.json.decode(msgspec.json.encode(report, enc_hook=str))
    assert as_json["errors"][1]["mark"] == {"line": 2, "column": 8}
    home.write("environments: {a: {kubernetes: {kubeconfig: /none}}}")
    report = config_report.validate(None, home.environ())
    assert report.ok
    assert report.lines() == ["warning: environments.a.kubernetes.kubeconfig: no such file: /none"]
    home.write("theme: x")
    assert config_report.validate(None, home.environ()).lines() == [f"{home.file}: well"]
    missing = config_report.validate(home.root / "none.yaml", home.environ())
    assert (missing.ok, len(missing.errors)) == (False, 1)


def test_init_writes_the_example_for_its_owner_only(home: Home) -> None:
    before = os.umask(0)
    try:
        place = config_report.init(None, home.environ())
    finally:
        os.umask(before)
    assert place == home.file
    assert place.read_text() == (ROOT / "config.example.yaml").read_text()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert isinstance(load(None, home.environ()), Loaded)


def test_init_never_overwrites(home: Home) -> None:
    home.write("theme: mine")
    with pytest.raises(ConfigError, match="exists and is not overwritten"):
        config_report.init(None, home.environ())
    assert home.file.read_text() == "theme: mine"
    dangling = home.root / "link.yaml"
    dangling.symlink_to(home.root / "target.yaml")
    with pytest.raises(ConfigError, match="not overwritten"):
        config_report.init(dangling, home.environ())
    assert not (home.root / "target.yaml").exists()


def test_the_page_of_the_configuration_is_complete_and_current() -> None:
    # Written anew by: python -m tests.unit.core.config_pages
    assert (ROOT / "docs/configuration.md").read_text() == page()
