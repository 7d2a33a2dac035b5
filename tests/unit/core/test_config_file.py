"""Which file wins, what is taken from it, and who may have written it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from providers.core.config import Config
from providers.core.config_file import MOST_BYTES, load
from providers.core.config_problem import ConfigRejected
from providers.core.errors import ConfigError
from tests.unit.core.config_home import Home

ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_without_a_file_there_is_one_environment_from_the_shell(home: Home) -> None:
    loaded = home.load()
    assert loaded.path is None
    assert list(loaded.config.environments) == ["default"] == [loaded.config.default]
    environment = loaded.config.environment()
    assert environment.kubernetes is not None
    assert environment.kubernetes.namespace == "fusion-bitcoin"
    assert environment.aws is environment.postgres is environment.hosts is None
    assert not environment.production


def test_the_default_services_are_the_bridge(home: Home) -> None:
    config = home.load().config
    assert [(one.name, one.deployment, one.selector, one.port) for one in config.services] == [
        ("relayer", "fusion-bitcoin-relayer", "app=fusion-bitcoin-relayer", 3000),
        ("resolver", "fusion-bitcoin-resolver", "app=fusion-bitcoin-resolver", 3001),
        ("frontend", "fusion-bitcoin-frontend", "app=fusion-bitcoin-frontend", 3000),
    ]


def test_the_option_beats_the_variable_beats_the_home(home: Home, tmp_path: Path) -> None:
    home.write("theme: of-home")
    variable, option = tmp_path / "variable.yaml", tmp_path / "option.yaml"
    variable.write_text("theme: of-variable")
    option.write_text("theme: of-option")
    environ = home.environ(FUSION_CONSOLE_CONFIG=str(variable))
    assert load(None, home.environ()).config.theme == "of-home"
    assert load(None, environ).config.theme == "of-variable"
    assert load(option, environ).config.theme == "of-option"
    assert load(option, environ).looked == (option,)


def test_xdg_config_home_moves_the_file(home: Home, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere/fusion-console/config.yaml"
    place.parent.mkdir(parents=True)
    place.write_text("theme: moved")
    assert home.load(XDG_CONFIG_HOME=str(tmp_path / "elsewhere")).path == place


def test_an_empty_variable_is_no_variable(home: Home) -> None:
    assert home.load("theme: x", FUSION_CONSOLE_CONFIG="", XDG_CONFIG_HOME="").path == home.file


def test_a_file_that_was_asked_for_must_exist(home: Home, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such file"):
        load(tmp_path / "nowhere.yaml", home.environ())
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such file"):
        home.load(FUSION_CONSOLE_CONFIG=str(tmp_path / "nowhere.yaml"))


def test_directories_and_fifos_are_no_configuration(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for place in (fifo, tmp_path):
        with pytest.raises(ConfigError, match="expected a plain file"):
            load(place, {})


def test_a_file_is_bounded(home: Home) -> None:
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        home.load(b"#" * (MOST_BYTES + 1))


def test_an_empty_file_says_how_to_start(home: Home) -> None:
    for text in ("", "# only a comment\n", "---\n"):
        rejected = home.rejection(text)
        assert "the file is empty" in rejected.message
        assert "config init" in rejected.fix


def test_the_only_environment_is_the_default_one(home: Home) -> None:
    assert home.load("environments: {lab: {kubernetes: {context: lab}}}").config.default == "lab"


def test_a_literal_secret_needs_a_private_file(home: Home) -> None:
    text = "environments: {lab: {redis: {password: hunter2-sentinel}}}"
    for mode in (0o644, 0o640, 0o604):
        home.write(text, mode)
        with pytest.raises(ConfigRejected, match="a secret in a file that others can read") as caught:
            home.load()
        assert "environments.lab.redis.password" in caught.value.message
        assert "hunter2" not in caught.value.message
        assert caught.value.fix == f"chmod 600 {home.file}"
    home.write(text, 0o600)
    redis = home.load().config.environment().redis
    assert redis is not None
    assert redis.password is not None
    assert redis.password.literal is not None
    assert redis.password.literal.reveal() == "hunter2-sentinel"
    assert "hunter2" not in repr(redis)


def test_a_secret_named_from_elsewhere_may_stand_in_an_open_file(home: Home) -> None:
    home.write("environments: {lab: {redis: {password: {env: X}}}}", 0o644)
    assert home.load().path == home.file


def test_a_command_needs_a_file_that_only_its_owner_changes(home: Home) -> None:
    home.write("environments: {lab: {redis: {password: {command: pass x}}}}", 0o664)
    with pytest.raises(ConfigRejected, match="a command in a file that others can change"):
        home.load()


def test_a_file_that_all_may_change_is_refused(home: Home) -> None:
    home.write("theme: x", 0o606)
    with pytest.raises(ConfigRejected, match="every user may change"):
        home.load()


def test_a_link_to_a_file_of_ones_own_is_followed(home: Home, tmp_path: Path) -> None:
    (tmp_path / "dotfiles.yaml").write_text("theme: linked")
    home.file.parent.mkdir(parents=True)
    home.file.symlink_to(tmp_path / "dotfiles.yaml")
    assert home.load().config.theme == "linked"


def test_a_dangling_link_is_not_passed_over(home: Home) -> None:
    home.file.parent.mkdir(parents=True)
    home.file.symlink_to("nowhere")
    with pytest.raises(ConfigError, match="no such file"):
        home.load()


@ROOT
def test_a_link_to_a_file_of_another_user_is_refused(home: Home, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("theme: planted")
    os.chown(other, 12345, 12345)
    home.file.parent.mkdir(parents=True)
    home.file.symlink_to(other)
    with pytest.raises(ConfigError, match="symbolic link to a file of another user"):
        home.load()


@ROOT
def test_secrets_and_commands_of_another_users_file_are_refused(home: Home) -> None:
    for source, word in (("hunter2-sentinel", "secret"), ("{command: pass x}", "command")):
        os.chown(home.write(f"environments: {{lab: {{redis: {{password: {source}}}}}}}"), 12345, 12345)
        with pytest.raises(ConfigRejected, match=f"a {word} in a file"):
            home.load()


def test_the_built_in_configuration_is_what_no_file_gives(home: Home) -> None:
    assert home.load().config == Config()


def test_the_state_directory_follows_the_file_then_xdg_then_home(home: Home) -> None:
    config = home.load().config
    assert config.state_directory({"HOME": "/h"}) == Path("/h/.local/state/fusion-console")
    assert config.state_directory({"HOME": "/h", "XDG_STATE_HOME": "/s"}) == Path("/s/fusion-console")
    chosen = home.load("state_dir: ~/audit").config
    assert chosen.state_directory({"HOME": "/h", "XDG_STATE_HOME": "/s"}) == Path("/h/audit")
