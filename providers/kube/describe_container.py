"""One container in words: how it is, how it ended last, what it asks for, what asks it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from providers.kube.masking import scrubbed
from providers.kube.page import Line, Part, Tone, line
from providers.kube.raw import Manifest, items, moment, part
from providers.kube.values import Event

_SIGNALS: Final = {129: "SIGHUP", 130: "SIGINT", 134: "SIGABRT", 137: "SIGKILL", 139: "SIGSEGV", 143: "SIGTERM"}
_CODES: Final = {126: "not executable", 127: "command not found"}
_BACKOFF: Final = re.compile(r"back-off (?:(?P<minutes>\d+)m)?(?:(?P<seconds>\d+)s)? restarting")
_PULLING: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
_STARTING: Final = frozenset({"", "ContainerCreating", "PodInitializing"})
_CONSEQUENCE: Final = {"startup": "restarted", "readiness": "not ready", "liveness": "restarted"}


def headline(spec: Manifest, status: Manifest, *, init: bool) -> tuple[tuple[Part, ...], Tone]:
    """What a person needs first: the state and why."""
    state = part(status, "state")
    if waiting := part(state, "waiting"):
        return _waiting(spec, status, waiting)
    if ended := part(state, "terminated"):
        tone = Tone.GOOD if init and not ended.get("exitCode") else _tone_of(ended)
        return ("ended: ", *_end(ended)), tone
    running = part(state, "running")
    if not running:
        return ("not started",), Tone.QUIET
    since = moment(running.get("startedAt"))
    restarts = _restarts(status)
    if not status.get("ready"):
        return ("runs since ", since, ", not ready", restarts), Tone.BAD
    return ("runs since ", since, restarts), Tone.GOOD if not restarts else Tone.WARN


def container_lines(group: str, spec: Manifest, status: Manifest, events: Sequence[Event]) -> Iterator[Line]:
    """Every line about one container, what matters first."""
    parts, tone = headline(spec, status, init=group == "initContainers")
    yield line("state", *parts, tone=tone)
    if last := part(status, "lastState", "terminated"):
        yield line("last state", *_end(last), tone=_tone_of(last))
        if last.get("message"):
            yield line("last words", scrubbed(str(last["message"])), tone=Tone.BAD)
    yield line("image", str(spec.get("image", "")))
    if command := [*(spec.get("command") or ()), *(spec.get("args") or ())]:
        yield line("command", scrubbed(" ".join(map(str, command))))
    if ports := [_port(port) for port in items(spec, "ports")]:
        yield line("ports", ", ".join(ports))
    yield from _resource_lines(spec, group == "containers")
    yield from _probe_lines(spec, events)
    yield from _environment_lines(spec)
    for mount in items(spec, "volumeMounts"):
        access = " (read only)" if mount.get("readOnly") else ""
        yield line("mount", f"{mount.get('mountPath', '')} ← {mount.get('name', '')}{access}", tone=Tone.QUIET)


def probe_words(name: str, probe: Manifest) -> str:
    """ "GET /ready :3000 every 5 s, 3 failures → not ready" (defaults: core/v1 Probe)."""
    every, failures = probe.get("periodSeconds", 10), probe.get("failureThreshold", 3)
    words = [f"{_asked(probe)} every {every} s"]
    if (timeout := probe.get("timeoutSeconds", 1)) != 1:
        words.append(f"within {timeout} s")
    if delay := probe.get("initialDelaySeconds", 0):
        words.append(f"from {delay} s after the start")
    plural = "failure" if failures == 1 else "failures"
    return f"{', '.join(words)}, {failures} {plural} → {_CONSEQUENCE[name]}"


def exit_words(ended: Manifest) -> str:
    """ "exit 137 (OOMKilled)", "exit 143 (Error, SIGTERM)"."""
    code = ended.get("exitCode", 0)
    reason = ended.get("reason", "")
    meaning = _CODES.get(code, "") if reason in {"OOMKilled", "Completed"} else _SIGNALS.get(code, _CODES.get(code, ""))
    notes = ", ".join(filter(None, (reason, meaning)))
    return f"exit {code} ({notes})" if notes else f"exit {code}"


def next_try(status: Manifest) -> datetime | None:
    """When the kubelet starts a crash-looping container again: the last end plus the back-off its message names."""
    found = _BACKOFF.search(str(part(status, "state", "waiting").get("message", "")))
    ended = moment(part(status, "lastState", "terminated").get("finishedAt"))
    if found is None or ended is None:
        return None
    return ended + timedelta(minutes=int(found["minutes"] or 0), seconds=int(found["seconds"] or 0))


def _waiting(spec: Manifest, status: Manifest, waiting: Manifest) -> tuple[tuple[Part, ...], Tone]:
    reason, message = str(waiting.get("reason", "")), str(waiting.get("message", ""))
    if reason == "CrashLoopBackOff":
        return _crash_loop(spec, status), Tone.BAD
    if reason in _PULLING:
        return (f"image {spec.get('image', '')} cannot be pulled ({reason}): {message}",), Tone.BAD
    if reason in _STARTING:
        return ("starting" if not message else f"starting: {message}",), Tone.WARN
    return (f"cannot start ({reason}): {message}".removesuffix(": "),), Tone.BAD


def _crash_loop(spec: Manifest, status: Manifest) -> tuple[Part, ...]:
    last = part(status, "lastState", "terminated")
    why: tuple[Part, ...] = (exit_words(last), " ", moment(last.get("finishedAt"))) if last else ("end unknown",)
    limit = part(spec, "resources", "limits").get("memory")
    memory = f", memory limit {limit}" if last.get("reason") == "OOMKilled" and limit else ""
    again = next_try(status)
    later: tuple[Part, ...] = (", next try ", again) if again else ()
    return ("crash-looping: ", *why, memory, _restarts(status), *later)


def _end(ended: Manifest) -> tuple[Part, ...]:
    started, finished = moment(ended.get("startedAt")), moment(ended.get("finishedAt"))
    lived = f" after {(finished - started).total_seconds():.0f} s" if started and finished else ""
    return (f"{exit_words(ended)}{lived}, ", finished)


def _tone_of(ended: Manifest) -> Tone:
    return Tone.BAD if ended.get("exitCode") else Tone.QUIET


def _restarts(status: Manifest) -> str:
    count = status.get("restartCount", 0)
    return f", {count} restart{'' if count == 1 else 's'}" if count else ""


def _port(port: Manifest) -> str:
    name = f" {port['name']}" if port.get("name") else ""
    return f":{port.get('containerPort', '?')}/{port.get('protocol', 'TCP')}{name}"


def _resource_lines(spec: Manifest, serves: bool) -> Iterator[Line]:
    requests, limits = part(spec, "resources", "requests"), part(spec, "resources", "limits")
    for name in dict.fromkeys(("cpu", "memory", *requests, *limits)):
        asked, most = requests.get(name), limits.get(name)
        tone = Tone.WARN if serves and most is None else Tone.PLAIN
        yield line(name, f"request {asked or 'none'}, limit {most or 'none'}", tone=tone)


def _probe_lines(spec: Manifest, events: Sequence[Event]) -> Iterator[Line]:
    for name in ("startup", "readiness", "liveness"):
        if probe := part(spec, f"{name}Probe"):
            yield line(name, probe_words(name, probe))
        failed = next((e for e in events if e.reason == "Unhealthy" and e.message.lower().startswith(name)), None)
        if failed is not None:
            yield line(f"{name} failed", f"×{failed.count}, last ", failed.last, f": {failed.message}", tone=Tone.BAD)


def _asked(probe: Manifest) -> str:
    if http := part(probe, "httpGet"):
        scheme = "" if http.get("scheme", "HTTP") == "HTTP" else f"{http['scheme'].lower()} "
        return f"{scheme}GET {http.get('path', '/')} :{http.get('port', '?')}"
    if socket := part(probe, "tcpSocket"):
        return f"connect to :{socket.get('port', '?')}"
    if remote := part(probe, "grpc"):
        return f"grpc health :{remote.get('port', '?')}"
    return f"run {scrubbed(' '.join(map(str, part(probe, 'exec').get('command') or ())))}"


def _environment_lines(spec: Manifest) -> Iterator[Line]:
    plain = [str(v.get("name", "")) for v in items(spec, "env") if "valueFrom" not in v]
    if plain:
        yield line("env", ", ".join(plain), tone=Tone.QUIET)
    for variable in items(spec, "env"):
        if source := part(variable, "valueFrom"):
            yield line("env", f"{variable.get('name', '')} ← {source_words(source)}", tone=Tone.QUIET)
    for source in items(spec, "envFrom"):
        prefix = f" as {source['prefix']}…" if source.get("prefix") else ""
        yield line("env", f"every key of {source_words(source)}{prefix}", tone=Tone.QUIET)


def source_words(source: Manifest) -> str:
    """Where a variable's value comes from: "secret fusion-secrets/dsn", "field status.podIP"."""
    for field, kind in (("secretKeyRef", "secret"), ("configMapKeyRef", "config map")):
        if reference := part(source, field):
            return f"{kind} {reference.get('name', '?')}/{reference.get('key', '?')}"
    for field, kind in (("secretRef", "secret"), ("configMapRef", "config map")):
        if reference := part(source, field):
            return f"{kind} {reference.get('name', '?')}"
    if reference := part(source, "fieldRef"):
        return f"field {reference.get('fieldPath', '?')}"
    return f"resource {part(source, 'resourceFieldRef').get('resource', '?')}"
