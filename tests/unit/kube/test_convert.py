"""What the fields of a pod come to."""

from __future__ import annotations

import msgspec
import pytest

from providers.kube import convert, wire
from tests.unit.kube.build import pod_manifest

ENDED = {"name": "relayer", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}


@pytest.mark.parametrize(("phase", "over"), [("Running", False), ("Failed", True), ("Succeeded", True)])
def test_a_container_that_ended_may_be_started_again_while_its_pod_is_not_over(phase: str, over: bool) -> None:
    manifest = pod_manifest(status={"phase": phase, "containerStatuses": [ENDED]})
    pod = convert.pod(msgspec.convert(manifest, wire.Pod))
    assert (pod.status, pod.over) == ("Error", over)
