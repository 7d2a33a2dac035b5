"""Who we are to a cluster: kubeconfig, tokens that are re-read, plugins that are run again when theirs expires."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from providers.core.config import Kubernetes
from providers.core.errors import ConfigError, Unauthenticated
from providers.core.secret import Secret, redact
from providers.core.text import clean
from providers.kube.answers import LOGIN_FIX

PLUGIN_DEADLINE = 10.0
"""Seconds a credential plugin may take; then its whole process group is ended."""
_LIBRARIES = ("aiohttp", "kubernetes.aio.config.kube_config")
DEFAULT_KUBECONFIG = "~/.kube/config"


class Access(msgspec.Struct, frozen=True):
    """How to reach and convince the API server. Files are paths; `authorization` is a whole header value."""

    host: str
    user: str
    context: str
    ca_file: str | None
    cert_file: str | None
    key_file: str | None
    verify: bool
    server_name: str | None
    proxy: str | None
    authorization: Secret | None
    expires: datetime | None = None

    @property
    def transport(self) -> tuple[str | bool | None, ...]:
        """What a connection depends on; a new token alone needs no new connections."""
        return (self.host, self.ca_file, self.cert_file, self.key_file, self.verify, self.server_name, self.proxy)


async def load_access(settings: Kubernetes, environ: dict[str, str] | None = None) -> Access:
    """Read the kubeconfig anew (a token file is re-read, a plugin is run).

    Raises ConfigError naming file and field, Unauthenticated when a plugin fails or hangs.
    """
    await asyncio.to_thread(_load_library)
    from kubernetes.aio.client import Configuration
    from kubernetes.aio.config import ConfigException
    from kubernetes.aio.config.kube_config import KubeConfigLoader

    paths = settings.kubeconfig or (environ or dict(os.environ)).get("KUBECONFIG") or DEFAULT_KUBECONFIG
    merged = _merged(paths)
    user, plugin = _plugin_of(merged, settings.context)
    configuration = Configuration()
    make_loader: Any = KubeConfigLoader
    try:
        loader = make_loader(merged, active_context=settings.context, config_base_path=None)
        await loader.load_and_set(configuration)
    except (ConfigException, KeyError, TypeError, ValueError, OSError) as error:
        raise _unreadable(paths, error) from None
    token, expires = await _run_plugin(plugin) if plugin else (configuration.api_key.get("BearerToken"), None)
    return Access(
        host=configuration.host,
        user=user,
        context=str(loader.current_context.get("name", "")),
        ca_file=configuration.ssl_ca_cert,
        cert_file=configuration.cert_file,
        key_file=configuration.key_file,
        verify=configuration.verify_ssl,
        server_name=configuration.tls_server_name,
        proxy=configuration.proxy,
        authorization=Secret(token) if token else None,
        expires=expires,
    )


def _load_library() -> None:
    """Import what requests are made with, which takes long; on a thread, so that the loop goes on."""
    if not sys.modules.keys() >= set(_LIBRARIES):
        for library in _LIBRARIES:
            import_module(library)
        # Its thousands of models stay to the end: the collector, which stops every thread, need not look at them again.
        gc.freeze()


def _merged(paths: str) -> Any:
    from kubernetes.aio.config import ConfigException
    from kubernetes.aio.config.kube_config import KubeConfigMerger
    from yaml import YAMLError

    present = [str(Path(path).expanduser()) for path in paths.split(":") if path and Path(path).expanduser().is_file()]
    if not present:
        raise ConfigError(
            f"no kubeconfig at {paths}", fix="set environments.NAME.kubernetes.kubeconfig, KUBECONFIG or --kubeconfig"
        )
    merger: Any = KubeConfigMerger
    try:
        config = merger(":".join(present)).config
    except (ConfigException, YAMLError, OSError, AttributeError, TypeError) as error:
        raise _unreadable(paths, error) from None
    if config is None:
        raise ConfigError(f"{paths}: empty", fix="kubectl config view shows what it holds")
    return config


def _unreadable(paths: str, error: BaseException) -> ConfigError:
    # The library quotes whole entries, tokens included, as {…}: they are cut out before anybody sees them.
    said = re.sub(r"\{.*\}", "{…}", str(error), flags=re.DOTALL)
    return ConfigError(f"{paths}: {clean(redact(said), 300)}", fix="kubectl config view shows what it holds")


def _plugin_of(config: Any, context: str | None) -> tuple[str, dict[str, Any] | None]:
    """The user's name and its exec section, taken out so that the library does not run it (it has no deadline)."""
    name = context or config.safe_get("current-context") or ""
    contexts = [node.value for node in config.safe_get("contexts") or ()]
    entry = next((c for c in contexts if c.get("name") == name), None)
    if entry is None:
        known = ", ".join(str(c.get("name")) for c in contexts) or "none"
        raise ConfigError(f"kubeconfig has no context {name!r}", fix=f"there are: {known}")
    wanted = (entry.get("context") or {}).get("user", "")
    users = [node.value for node in config.safe_get("users") or ()]
    user: dict[str, Any] = next((u for u in users if u.get("name") == wanted), {})
    section = (user.get("user") or {}).pop("exec", None)
    return str(wanted), section


async def _run_plugin(section: dict[str, Any]) -> tuple[str, datetime | None]:
    """Run an exec credential plugin; (authorization header, expiry). Raises Unauthenticated or ConfigError."""
    command = section.get("command")
    if not command:
        raise ConfigError("kubeconfig: users[].user.exec.command is missing")
    asked = {"apiVersion": section.get("apiVersion", ""), "kind": "ExecCredential", "spec": {"interactive": False}}
    extra = {str(item["name"]): str(item["value"]) for item in section.get("env") or ()}
    environ = os.environ | extra | {"KUBERNETES_EXEC_INFO": json.dumps(asked)}
    try:
        process = await asyncio.create_subprocess_exec(
            str(command),
            *map(str, section.get("args") or ()),
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise Unauthenticated(f"credential plugin {clean(command, 80)}: {error.strerror}", fix=LOGIN_FIX) from None
    output, complaint = await _bounded(process, str(command))
    if process.returncode:
        said = clean(redact(complaint.decode("utf-8", "replace").strip()), 200)
        raise Unauthenticated(f"credential plugin {clean(command, 80)} failed: {said}", fix=LOGIN_FIX)
    return _credential(output, str(command))


async def _bounded(process: asyncio.subprocess.Process, command: str) -> tuple[bytes, bytes]:
    try:
        return await asyncio.wait_for(process.communicate(), PLUGIN_DEADLINE)
    except TimeoutError:
        message = f"credential plugin {clean(command, 80)} did not answer within {PLUGIN_DEADLINE:g} s"
        raise Unauthenticated(message, fix=LOGIN_FIX) from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _credential(output: bytes, command: str) -> tuple[str, datetime | None]:
    try:
        status = json.loads(output)["status"]
        expiry = status.get("expirationTimestamp")
        expires = datetime.fromisoformat(expiry).astimezone(UTC) if expiry else None
        return f"Bearer {status['token']}", expires
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"credential plugin {clean(command, 80)} printed no ExecCredential with status.token"
        raise Unauthenticated(message, fix=LOGIN_FIX) from None
