"""What may go wrong between the console and AWS, each as a state an operator acts on, and none as a hang."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.aws.answers import NotOffered
from providers.aws.session import Patience
from providers.core.config import Aws as Settings
from providers.core.errors import (
    BackendError,
    Denied,
    Garbled,
    Invalid,
    ServerFault,
    Throttled,
    TimedOut,
    Unauthenticated,
    Unreachable,
    Untrusted,
)
from providers.core.secret import MASK, redact
from sandbox.certificate import issue
from tests.contract.aws import recorded
from tests.contract.aws.conftest import USUAL, Connect
from tests.contract.aws.servers import refusal, serving, silent

EMPTY = "<R><DescribeDBClustersResult><DBClusters/></DescribeDBClustersResult><ResponseMetadata/></R>"
EXPIRED = refusal("ExpiredToken", "The security token included in the request is expired", 403)


def at(url: str, **more: str) -> Settings:
    return Settings(region="eu-west-1", endpoint_url=url, **more)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (EXPIRED, Unauthenticated, "aws sso login"),
        (
            refusal("AccessDenied", "User: x is not authorized to perform: rds:DescribeDBClusters on resource: *", 403),
            Denied,
            "rds:DescribeDBClusters",
        ),
        (refusal("Throttling", "Rate exceeded"), Throttled, "Rate exceeded"),
        (refusal("InvalidParameterValue", "no\x9b such"), Invalid, "no\ufffd such"),
        (refusal("InternalFailure", "oops", 500), ServerFault, "oops"),
        (refusal("NotImplemented", "later", 501), NotOffered, "is not offered by this endpoint"),
        ((404, "<!doctype html><title>404 Not Found</title>"), Garbled, "a proxy in between?"),
        ((200, "not xml at all"), Garbled, "a proxy in between?"),
        ((200, "<html><body>welcome</body></html>"), Garbled, "a proxy in between?"),
    ],
    ids=["expired", "denied", "throttled", "invalid", "fault", "not-offered", "page", "garbage", "portal"],
)
@pytest.mark.usefixtures("keys")
async def test_every_refusal_has_its_word(
    opened: Connect, answer: tuple[int, str], kind: type[BackendError], said: str
) -> None:
    async with serving({"DescribeDBClusters": answer}) as server:
        with pytest.raises(kind) as caught:
            await opened(at(server.url)).client.read("rds", "DescribeDBClusters")
    assert said in caught.value.message + caught.value.fix
    assert caught.value.source == "aws test"
    tries = 2 if kind in {ServerFault, Throttled} else 1
    assert server.asked["DescribeDBClusters"] == tries


@pytest.mark.usefixtures("keys")
async def test_a_write_goes_out_once_whatever_comes_back(opened: Connect) -> None:
    faults = {
        "FailoverDBCluster": refusal("InternalFailure", "oops", 500),
        "CreateDBSnapshot": refusal("Throttling", "slow"),
    }
    async with serving(faults, lose="ModifyDBParameterGroup") as server:
        client = opened(at(server.url)).client
        with pytest.raises(ServerFault):
            await client.write("rds", "FailoverDBCluster", {"DBClusterIdentifier": "c"})
        with pytest.raises(Throttled):
            await client.write("rds", "CreateDBSnapshot", {"DBSnapshotIdentifier": "s", "DBInstanceIdentifier": "i"})
        with pytest.raises(Unreachable):
            await client.write("rds", "ModifyDBParameterGroup", {"DBParameterGroupName": "g", "Parameters": []})
        assert set(server.asked.values()) == {1} and len(server.asked) == 3


@pytest.mark.usefixtures("keys")
async def test_an_endpoint_that_hangs_is_bounded_and_holds_up_nobody(opened: Connect) -> None:
    patience = Patience(connect=0.2, read=0.2, whole_read=2.0, whole_write=0.5, login_pause=0.0)
    async with silent() as url:
        client = opened(at(url), patience).client
        started = time.monotonic()
        calls = [client.read("rds", "DescribeDBClusters") for _ in range(12)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(result, TimedOut) for result in results)
        with pytest.raises(TimedOut):
            await client.write("rds", "FailoverDBCluster", {"DBClusterIdentifier": "c"})
        assert time.monotonic() - started < 10
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("aws test"))


@pytest.mark.usefixtures("keys")
async def test_nobody_listening_is_unreachable(opened: Connect) -> None:
    async with silent() as url:
        pass
    with pytest.raises(Unreachable, match="Could not connect"):
        await opened(at(url)).client.read("rds", "DescribeDBClusters")


async def test_no_credentials_is_a_login_with_its_command(opened: Connect) -> None:
    with pytest.raises(Unauthenticated, match="no valid credentials"):
        await opened(at("http://127.0.0.1:9")).client.who()


async def test_metadata_that_hangs_does_not(opened: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    async with silent() as url:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)
        started = time.monotonic()
        with pytest.raises(Unauthenticated):
            await opened(at("http://127.0.0.1:9"), Patience()).client.who()
        assert time.monotonic() - started < 8


async def test_sso_that_ran_out_says_how_to_log_in(
    opened: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile oncall]\nsso_session = s\nsso_account_id = 444455556666\nsso_role_name = OnCall\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = http://127.0.0.1:9/start\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(Unauthenticated) as caught:
        await opened(at("http://127.0.0.1:9", profile="oncall")).client.who()
    assert "aws sso login --profile oncall" in caught.value.fix


async def test_a_profile_that_is_not_there_is_named(opened: Connect) -> None:
    with pytest.raises(Unauthenticated, match="nowhere"):
        await opened(at("http://127.0.0.1:9", profile="nowhere")).client.who()


async def test_a_role_that_asks_for_a_code_asks_nobody(
    opened: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n"
        "[profile oncall]\nrole_arn = arn:aws:iam::444455556666:role/OnCall\nsource_profile = base\n"
        "mfa_serial = arn:aws:iam::444455556666:mfa/ann\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(Unauthenticated, match="code of a device") as caught:
        await opened(at("http://127.0.0.1:9", profile="oncall")).client.who()
    assert caught.value.fix == "aws sts get-caller-identity --profile oncall, then retry"


@pytest.mark.usefixtures("keys")
async def test_a_role_that_may_not_be_assumed_is_named(opened: Connect) -> None:
    role = "arn:aws:iam::444455556666:role/OnCall"
    async with serving({"AssumeRole": refusal("AccessDenied", "not authorized", 403)}) as server:
        with pytest.raises(Denied, match=f"{role} cannot be assumed") as caught:
            await opened(at(server.url, assume_role=role)).client.read("rds", "DescribeDBClusters")
        assert caught.value.permission == "sts:AssumeRole"
        assert server.asked["DescribeDBClusters"] == 0


@pytest.mark.usefixtures("keys")
async def test_who_logged_in_since_is_let_in_without_a_restart(
    opened: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_: object) -> tuple[int, str]:
        return (200, EMPTY) if server.asked["DescribeDBClusters"] > 1 else EXPIRED

    async with serving({"DescribeDBClusters": answer}) as server:
        client = opened(at(server.url)).client
        with pytest.raises(Unauthenticated):
            await client.read("rds", "DescribeDBClusters")
        assert await client.read("rds", "DescribeDBClusters")


@pytest.mark.usefixtures("keys")
async def test_refused_credentials_are_not_tried_by_every_feed(opened: Connect) -> None:
    async with serving({"DescribeDBClusters": EXPIRED}) as server:
        client = opened(at(server.url), Patience()).client
        for _ in range(5):
            with pytest.raises(Unauthenticated):
                await client.read("rds", "DescribeDBClusters")
        assert server.asked["DescribeDBClusters"] == 1


@pytest.mark.usefixtures("keys")
async def test_the_wrong_account_is_said_by_the_light(opened: Connect) -> None:
    async with serving() as server:
        aws = opened(at(server.url, account_id="111122223333"))
        with pytest.raises(BackendError, match="this is account 444455556666") as caught:
            await aws.light.first()
        assert aws.light.latest.state == Untrusted.kind
        assert "changes are blocked" in caught.value.fix


@pytest.mark.usefixtures("keys")
async def test_a_role_is_renewed_by_itself_and_its_secrets_stay_hidden(opened: Connect) -> None:
    # Botocore renews what is valid for less than ten minutes before each call.
    soon = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    role = "arn:aws:iam::444455556666:role/OnCall"
    answers = {"AssumeRole": recorded.assumed("secret-of-the-role", soon), "DescribeDBClusters": (200, EMPTY)}
    async with serving(answers) as server:
        client = opened(at(server.url, assume_role=role)).client
        await client.read("rds", "DescribeDBClusters")
        await client.read("rds", "DescribeDBClusters")
        assert server.asked["AssumeRole"] >= 2
    assert redact("x secret-of-the-role y") == f"x {MASK} y"


@pytest.mark.usefixtures("keys")
async def test_a_server_that_does_not_prove_itself_is_not_trusted(opened: Connect, tmp_path: Path) -> None:
    pair = issue(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pair.certificate, pair.key)
    async with serving(tls=tls) as server:
        with pytest.raises(Untrusted, match="certificate verify failed") as caught:
            await opened(at(server.url)).client.who()
        assert server.asked.total() == 0 and "AWS_CA_BUNDLE" in caught.value.fix


@pytest.mark.usefixtures("keys")
async def test_no_region_is_said_with_where_to_set_it(opened: Connect) -> None:
    with pytest.raises(Invalid) as caught:
        await opened(Settings(endpoint_url="http://127.0.0.1:9")).client.read("rds", "DescribeDBClusters")
    assert "aws.region" in caught.value.fix


@pytest.mark.usefixtures("keys")
async def test_what_nobody_waits_for_any_more_is_not_sent(opened: Connect) -> None:
    async with serving({"FailoverDBCluster": (200, EMPTY)}) as server:
        client = opened(at(server.url)).client
        with pytest.raises(BackendError):
            await client.write("rds", "FailoverDBCluster", {"DBClusterIdentifier": "c"}, spent=USUAL.whole_write)
        await client.who()
        assert server.asked["FailoverDBCluster"] == 0


@pytest.mark.usefixtures("keys")
async def test_rights_are_asked_for_the_role_behind_the_session(opened: Connect) -> None:
    sources: list[str] = []

    def simulate(params: Mapping[str, str]) -> tuple[int, str]:
        sources.append(params["PolicySourceArn"])
        return recorded.simulation("FailoverDBCluster", "allowed")

    arn = "arn:aws:iam::444455556666:role/aws-reserved/sso/OnCall"
    async with serving({"GetRole": recorded.role("OnCall", arn), "SimulatePrincipalPolicy": simulate}) as server:
        permits = {permit.right: permit.allowed for permit in await opened(at(server.url)).permits()}
    assert sources == [arn]
    assert permits["rds:FailoverDBCluster"] is True and permits["rds:DescribeEvents"] is None
