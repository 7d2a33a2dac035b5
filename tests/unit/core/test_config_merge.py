"""Overrides of single environments, and the variables of other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.core.config import Kubernetes, Postgres
from providers.core.config_ambient import no_color
from providers.core.errors import UsageError
from tests.unit.core.config_home import Home

TWO = "default: a\nenvironments:\n  a: {aws: {profile: of-a}}\n  b: {aws: {region: of-b}}\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_an_environment_overrides_single_thresholds(home: Home) -> None:
    config = home.load(
        "environments: {a: {thresholds: {error_ratio: 0.5}}, b: {}}\ndefault: a\nthresholds: {latency_p95: 3}"
    ).config
    a, b = (config.thresholds_of(config.environment(name)) for name in "ab")
    assert (a.error_ratio, a.latency_p95, a.usage_of_limit) == (0.5, 3.0, 0.9)
    assert (b.error_ratio, b.latency_p95) == (0.05, 3.0)


def test_an_environment_overrides_adds_and_drops_services_by_name(home: Home) -> None:
    config = home.load(
        "environments: {a: {services: {relayer: {port: 9}, indexer: {port: 7}, frontend: null}}, b: {}}\ndefault: a"
    ).config
    services = {service.name: service for service in config.services_of(config.environment("a"))}
    assert list(services) == ["relayer", "resolver", "indexer"]
    assert services["relayer"].port == 9
    assert services["relayer"].filters == config.services[0].filters
    assert services["indexer"].selector == "app=indexer"
    assert config.services_of(config.environment("b")) is config.services


def test_another_deployment_brings_its_own_selector(home: Home) -> None:
    config = home.load(
        "services: {x: {}, y: {selector: tier=y}}\n"
        "environments: {a: {services: {x: {deployment: x2}, y: {deployment: y2}}}}"
    ).config
    x, y = config.services_of(config.environment())
    assert (x.selector, y.selector) == ("app=x2", "tier=y")


def test_written_services_stand_in_place_of_the_bridges(home: Home) -> None:
    assert [one.name for one in home.load("services: {only: {}}").config.services] == ["only"]


def test_an_unknown_environment_is_a_usage_error(home: Home) -> None:
    with pytest.raises(UsageError, match="no environment c; there is a, b"):
        home.load(TWO).config.environment("c")


def test_a_shell_alone_configures_what_it_names(home: Home) -> None:
    (home.root / ".ssh").mkdir()
    (home.root / ".ssh/config").touch()
    loaded = home.load(
        KUBECONFIG="/a:/b", AWS_PROFILE="p", AWS_REGION="r1", AWS_DEFAULT_REGION="r2", AWS_ENDPOINT_URL="http://h:1",
        PGHOST="db", PGPORT="6543", PGUSER="u", PGDATABASE="d", PGSSLMODE="require", PGSERVICE="s", PGPASSFILE="/p",
    )  # fmt: skip
    environment = loaded.config.environment()
    assert environment.kubernetes == Kubernetes(kubeconfig="/a:/b")
    assert environment.postgres == Postgres(
        host="db", port=6543, user="u", database="d", sslmode="require", service="s", passfile="/p"
    )
    assert environment.aws is not None
    assert (environment.aws.profile, environment.aws.region, environment.aws.endpoint_url) == ("p", "r1", "http://h:1")
    assert environment.hosts is not None
    assert loaded.sources["environments.default.aws.region"] == "from AWS_REGION"


def test_the_older_region_variable_is_the_second_choice(home: Home) -> None:
    aws = home.load(AWS_REGION="", AWS_DEFAULT_REGION="r2").config.environment().aws
    assert aws is not None
    assert aws.region == "r2"


def test_a_variable_beats_the_file_of_a_single_environment(home: Home) -> None:
    loaded = home.load("environments: {lab: {aws: {profile: of-file}}}", AWS_PROFILE="of-shell")
    aws = loaded.config.environment().aws
    assert aws is not None
    assert aws.profile == "of-shell"
    assert loaded.sources["environments.lab.aws.profile"] == "from AWS_PROFILE"


def test_a_variable_never_moves_one_of_several_environments(home: Home) -> None:
    loaded = home.load(TWO, AWS_PROFILE="of-shell", AWS_REGION="of-shell")
    a, b = (loaded.config.environment(name).aws for name in "ab")
    assert a is not None
    assert b is not None
    assert (a.profile, a.region) == ("of-a", "of-shell")
    assert (b.profile, b.region) == ("of-shell", "of-b")
    assert loaded.sources["environments.a.aws.profile"] == "not AWS_PROFILE, which is set"


def test_a_variable_never_moves_production_nor_weakens_it(home: Home) -> None:
    text = "environments: {p: {production: true, aws: {profile: of-file}, postgres: {host: of-file}}}"
    environment = home.load(text, AWS_PROFILE="x", PGHOST="x", PGSSLMODE="disable").config.environment()
    assert environment.aws is not None
    assert environment.postgres is not None
    assert environment.aws.profile == "of-file"
    assert (environment.postgres.host, environment.postgres.sslmode) == ("of-file", "verify-full")


def test_variables_leave_a_dsn_alone(home: Home) -> None:
    postgres = home.load("environments: {a: {postgres: {dsn: host=x}}}", PGHOST="y").config.environment().postgres
    assert postgres == Postgres(dsn="host=x")


def test_a_wrong_variable_is_named_without_its_value(home: Home) -> None:
    rejected = home.rejection(
        "environments: {a: {postgres: {}, aws: {}}}", PGPORT="x", AWS_ENDPOINT_URL="ftp://hunter2"
    )
    assert "PGPORT: expected a whole number from 1 to 65535, found 'x'" in rejected.message
    assert "AWS_ENDPOINT_URL: expected an address" in rejected.message
    assert "hunter2" not in rejected.message


def test_no_color_counts_only_when_it_says_something() -> None:
    assert not no_color({})
    assert not no_color({"NO_COLOR": ""})
    assert no_color({"NO_COLOR": "0"})
