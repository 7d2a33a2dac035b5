"""A page says the state and why before anything else, and no foreign byte gets through."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from providers.core.text import BANNED
from providers.kube.describe_container import exit_words, headline, next_try, probe_words, source_words
from providers.kube.describe_node import node_sections
from providers.kube.describe_pod import pod_sections, volume_words
from providers.kube.describe_workload import deployment_sections, endpoints_sections
from providers.kube.page import Tone, line, plain, relative
from providers.kube.values import Container, Event
from tests.unit.kube.build import NOW, crash_loop, pod, pod_manifest, template


def _headline(status: dict[str, Any], spec: dict[str, Any] | None = None) -> tuple[str, Tone]:
    parts, tone = headline(spec or {"name": "relayer", "image": "registry/relayer:9"}, status, init=False)
    return line("", *parts).text(NOW), tone


@pytest.mark.parametrize(
    ("status", "words", "tone"),
    [
        (crash_loop(), "crash-looping: exit 1 (Error) 12 s ago, 5 restarts, next try in 28 s", Tone.BAD),
        (crash_loop("2m40s"), "crash-looping: exit 1 (Error) 12 s ago, 5 restarts, next try in 2 min", Tone.BAD),
        (
            {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such tag"}}},
            "image registry/relayer:9 cannot be pulled (ImagePullBackOff): no such tag",
            Tone.BAD,
        ),
        (
            {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "dsn" not found'}}},
            'cannot start (CreateContainerConfigError): secret "dsn" not found',
            Tone.BAD,
        ),
        ({"state": {"waiting": {"reason": "ContainerCreating"}}}, "starting", Tone.WARN),
        (
            {"state": {"running": {"startedAt": "2026-05-04T11:00:00Z"}}, "ready": True},
            "runs since 60 min ago",
            Tone.GOOD,
        ),
        (
            {"state": {"running": {"startedAt": "2026-05-04T11:59:30Z"}}, "restartCount": 1},
            "runs since 30 s ago, not ready, 1 restart",
            Tone.BAD,
        ),
        (
            {"state": {"terminated": {"exitCode": 143, "reason": "Error", "finishedAt": "2026-05-04T11:59:59Z"}}},
            "ended: exit 143 (Error, SIGTERM), 1 s ago",
            Tone.BAD,
        ),
        ({}, "not started", Tone.QUIET),
        ({"state": None}, "not started", Tone.QUIET),
    ],
)
def test_state_of_a_container(status: dict[str, Any], words: str, tone: Tone) -> None:
    assert _headline(status) == (words, tone)


def test_a_container_killed_for_memory_names_its_limit() -> None:
    status = crash_loop()
    status["lastState"]["terminated"] |= {"exitCode": 137, "reason": "OOMKilled"}
    words, _ = _headline(status, {"resources": {"limits": {"memory": "32Mi"}}})
    assert words.startswith("crash-looping: exit 137 (OOMKilled) 12 s ago, memory limit 32Mi, 5 restarts")


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ({"exitCode": 0, "reason": "Completed"}, "exit 0 (Completed)"),
        ({"exitCode": 127, "reason": "Error"}, "exit 127 (Error, command not found)"),
        ({"exitCode": 139}, "exit 139 (SIGSEGV)"),
        ({"exitCode": 3}, "exit 3"),
    ],
)
def test_exit_codes_in_words(ended: dict[str, Any], words: str) -> None:
    assert exit_words(ended) == words


def test_no_next_try_without_a_back_off() -> None:
    assert next_try({"state": {"waiting": {"message": "waiting to start"}}}) is None
    assert next_try({}) is None


@pytest.mark.parametrize(
    ("name", "probe", "words"),
    [
        (
            "readiness",
            {"httpGet": {"path": "/ready", "port": 3000}, "periodSeconds": 5},
            "GET /ready :3000 every 5 s, 3 failures → not ready",
        ),
        (
            "liveness",
            {"tcpSocket": {"port": "http"}, "timeoutSeconds": 2, "initialDelaySeconds": 9, "failureThreshold": 1},
            "connect to :http every 10 s, within 2 s, from 9 s after the start, 1 failure → restarted",
        ),
        ("startup", {"exec": {"command": ["ls", "/x"]}}, "run ls /x every 10 s, 3 failures → restarted"),
        ("startup", {"grpc": {"port": 9}}, "grpc health :9 every 10 s, 3 failures → restarted"),
    ],
)
def test_probes_in_words(name: str, probe: dict[str, Any], words: str) -> None:
    assert probe_words(name, probe) == words


def test_a_probe_s_command_keeps_its_password() -> None:
    words = probe_words("liveness", {"exec": {"command": ["redis-cli", "--password=hunter2", "ping"]}})
    assert "hunter2" not in words and "redis-cli" in words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"secretKeyRef": {"name": "dsn", "key": "url"}}, "secret dsn/url"),
        ({"configMapRef": {"name": "config"}}, "config map config"),
        ({"fieldRef": {"fieldPath": "status.podIP"}}, "field status.podIP"),
        ({"resourceFieldRef": {"resource": "limits.cpu"}}, "resource limits.cpu"),
    ],
)
def test_where_a_variable_comes_from(source: dict[str, Any], words: str) -> None:
    assert source_words(source) == words


@pytest.mark.parametrize(
    ("volume", "words"),
    [
        ({"name": "v", "secret": {"secretName": "dsn"}}, "secret dsn"),
        ({"name": "v", "projected": {"sources": [{"configMap": {"name": "ca"}}]}}, "projected: config map ca"),
        ({"name": "v", "emptyDir": {}}, "emptyDir"),
        ({"name": "v"}, "?"),
    ],
)
def test_what_is_behind_a_volume(volume: dict[str, Any], words: str) -> None:
    assert volume_words(volume) == words


def test_a_pod_says_first_what_is_wrong_with_it() -> None:
    manifest = pod_manifest(status={"containerStatuses": [crash_loop()]})
    page = plain(pod_sections(manifest, ()), NOW)
    assert page[1].split() == ["status", "CrashLoopBackOff,", "0", "of", "1", "containers", "ready"]
    assert "crash-looping: exit 1 (Error) 12 s ago" in page[2]


def test_a_pod_no_node_takes_says_why() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/2 nodes are available: 1 Insufficient cpu."}
    manifest = pod_manifest(spec={"nodeName": ""}, status={"phase": "Pending", "conditions": [condition]})
    page = plain(pod_sections(manifest, ()), NOW)
    assert "no node takes it: 0/2 nodes are available: 1 Insufficient cpu." in page[2]


def test_values_of_variables_are_not_on_the_page_and_control_bytes_neither() -> None:
    container = {
        "name": "relayer\x1b[2J",
        "env": [{"name": "API_TOKEN", "value": "s3cr3t-value"}, {"name": "E\x9bvil", "value": "x"}],
        "args": ["--api-key=s3cr3t-value", "\x1b]52;c;YQ==\x07"],
    }
    page = "\n".join(plain(pod_sections(pod_manifest(spec={"containers": [container]}), ()), NOW))
    assert "s3cr3t-value" not in page and "API_TOKEN" in page
    assert not BANNED.search(page.replace("\n", ""))


def test_a_failing_probe_is_quoted_from_the_events_of_its_container() -> None:
    spec = {"containers": [{"name": "a", "readinessProbe": {"httpGet": {"port": 1}}}, {"name": "b"}]}
    failed = Event(
        name="e", type="Warning", reason="Unhealthy", message="Readiness probe failed: 503", kind="Pod", subject="p",
        subject_uid="u1", count=7, first=None, last=NOW - timedelta(seconds=3), field_path="spec.containers{a}",
    )  # fmt: skip
    sections = pod_sections(pod_manifest(spec=spec), (failed,))
    said = {s.title: [row.text(NOW) for row in s.lines if row.label.endswith("failed")] for s in sections}
    assert said["Container a"] == ["×7, last 3 s ago: Readiness probe failed: 503"]
    assert said["Container b"] == []


def test_a_deployment_says_how_far_its_rollout_is() -> None:
    failed = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    manifest = {
        "metadata": {"name": "relayer", "generation": 2},
        "spec": {"replicas": 3, "template": template(), "strategy": {"type": "Recreate"}},
        "status": {"observedGeneration": 2, "conditions": [failed]},
    }
    page = plain(deployment_sections(manifest, ()), NOW)
    assert page[1].split(maxsplit=1)[1] == "stuck: timed out"
    assert any("every pod stops before a new one starts" in row for row in page)


def test_a_node_says_what_room_is_left_or_that_it_is_not_known() -> None:
    node = {
        "metadata": {"name": "n"},
        "status": {"allocatable": {"cpu": "2", "memory": "2Gi", "pods": "110"}, "conditions": []},
    }
    placed = [pod(containers=(Container(name="c", image="i", cpu_request=1.9, memory_request=2.0**30),))]
    room = next(s for s in node_sections(node, (), placed) if s.title == "Room")
    assert [row.text(NOW) for row in room.lines] == [
        "1 of 110",
        "1.90 of 2 cores requested",
        "1024 of 2048 Mi requested",
    ]
    assert room.lines[1].tone is Tone.WARN
    unknown = next(s for s in node_sections(node, (), None) if s.title == "Room")
    assert unknown.lines[0].text(NOW).startswith("not known")


def test_endpoints_without_addresses_are_bad_news() -> None:
    section = endpoints_sections({"metadata": {"name": "legacy"}}, ())[0]
    assert section.lines[0].tone is Tone.BAD


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "now"), (12, "12 s ago"), (119, "119 s ago"), (120, "2 min ago"), (-40, "in 40 s"), (9000, "2 h ago"),
     (400_000, "4 d ago")],
)  # fmt: skip
def test_moments_are_said_relative(seconds: int, words: str) -> None:
    assert relative(NOW - timedelta(seconds=seconds), NOW) == words


def test_a_moment_nobody_wrote_down() -> None:
    assert relative(None, NOW) == "at an unknown time"
