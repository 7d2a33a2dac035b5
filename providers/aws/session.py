"""Credentials and clients of one environment, made and used in threads, never on the event loop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from providers.core.config import Aws
from providers.core.errors import TimedOut, Unauthenticated
from providers.core.secret import Secret

ROLE_SESSION: Final = "fusion-console"
_METADATA: Final = {"metadata_service_timeout": 1, "metadata_service_num_attempts": 1}
"""Off EC2 nobody answers at the metadata address: one second, one try."""
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


class Patience(msgspec.Struct, frozen=True):
    """Seconds: to connect, between two bytes of an answer, and for a whole read or write with all there is to it."""

    connect: float = 3.0
    read: float = 10.0
    whole_read: float = 25.0
    whole_write: float = 14.0
    login_pause: float = 15.0
    """Between two tries with credentials that were refused."""


class Late(Exception):
    """Nobody waits for this request any more: it must not go out."""


class Sessions:
    """One botocore session, its clients by service, and what limits them. Every method blocks.

    botocore makes clients safely only one at a time; a made client may be used by many threads.
    """

    def __init__(self, settings: Aws, patience: Patience) -> None:
        self._settings = settings
        self._patience = patience
        self._making = threading.Lock()
        self._core: Any = None
        self._readers: dict[str, Any] = {}
        self._due = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Requests of this thread go out only in this time."""
        self._due.at = time.monotonic() + seconds
        try:
            yield
        finally:
            self._due.at = None

    def check_due(self, **_: object) -> None:
        """Raises Late when the time is over; botocore calls it before each request."""
        due = getattr(self._due, "at", None)
        if due is not None and time.monotonic() > due:
            raise Late

    def reader(self, service: str) -> Any:
        """The client for reads, which may try twice."""
        with self._one_at_a_time():
            if service not in self._readers:
                self._readers[service] = self._client(service, attempts=2)
            return self._readers[service]

    def writer(self, service: str) -> Any:
        """A client for one write, which goes out once; a new one has no kept connection that may be dead."""
        with self._one_at_a_time():
            return self._client(service, attempts=1)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        # Whoever comes second while a credential program hangs is told so, and its thread is free again.
        if not self._making.acquire(timeout=self._patience.read):
            raise TimedOut("the credentials of AWS are still being fetched")
        try:
            yield
        finally:
            self._making.release()

    def keep_secrets(self) -> None:
        """Mask the credentials as they are now: they are renewed behind our back. Fetches them when it is time."""
        if (core := self._core) is not None:
            keep_secret(core.get_credentials())

    def forget(self) -> None:
        """Read the credentials anew at the next call: they were refused, and somebody may have logged in since."""
        with self._one_at_a_time():
            self._core = None
            self._readers.clear()

    def _client(self, service: str, attempts: int) -> Any:
        if self._core is None:
            self._core = self._opened()
        client = self._make(self._core, service, attempts)
        client.meta.events.register("before-send", self.check_due)
        return client

    def _make(self, core: Any, service: str, attempts: int) -> Any:
        from botocore.config import Config

        region, endpoint = self._settings.region, self._settings.endpoint_url
        limits = Config(
            connect_timeout=self._patience.connect,
            read_timeout=self._patience.read,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=8,
            user_agent_extra=ROLE_SESSION,
            # A proxy of the surroundings does not lead to this machine.
            proxies={} if endpoint and urlsplit(endpoint).hostname in _LOOPBACK else None,
        )
        return core.create_client(service, region_name=region, endpoint_url=endpoint, config=limits)

    def _opened(self) -> Any:
        """The session, with its credentials resolved. Raises botocore's errors, Unauthenticated."""
        from botocore.exceptions import NoCredentialsError

        # At DEBUG botocore logs tokens and passwords.
        for name in ("boto3", "botocore", "urllib3"):
            logging.getLogger(name).setLevel(logging.WARNING)
        core = _session(self._settings.profile)
        _ask_for_no_code(core, self._settings.profile or "")
        # Found out here once: making a client would look for them again, at the metadata address, too.
        if (credentials := core.get_credentials()) is None:
            raise NoCredentialsError
        keep_secret(credentials)
        return self._assumed(core, self._settings.assume_role) if self._settings.assume_role else core

    def _assumed(self, base: Any, role: str) -> Any:
        """A session of the role; its credentials are fetched at the first call and renewed by themselves."""
        from botocore.credentials import DeferredRefreshableCredentials

        sts = self._make(base, "sts", 2)

        def fetch() -> dict[str, str]:
            given = sts.assume_role(RoleArn=role, RoleSessionName=ROLE_SESSION)["Credentials"]
            Secret(given["SecretAccessKey"])
            Secret(given["SessionToken"])
            return {
                "access_key": given["AccessKeyId"],
                "secret_key": given["SecretAccessKey"],
                "token": given["SessionToken"],
                "expiry_time": given["Expiration"].astimezone(UTC).isoformat(),
            }

        core = _session(self._settings.profile)
        core._credentials = DeferredRefreshableCredentials(refresh_using=fetch, method="assume-role")
        return core


def _session(profile: str | None) -> Any:
    from botocore.session import Session

    core: Any = Session(profile=profile)
    for name, value in _METADATA.items():
        core.set_config_variable(name, value)
    core.register_component("data_loader", _models(core.get_config_variable("data_path")))
    return core


@cache
def _models(path: str | None) -> Any:
    """The descriptions of the services, for all sessions: decoding their megabytes of JSON holds up every thread."""
    from botocore.loaders import create_loader

    return create_loader(path)


def keep_secret(credentials: Any) -> None:
    """Mask the values of these credentials wherever they turn up from now on."""
    frozen = credentials.get_frozen_credentials()
    for value in (frozen.secret_key, frozen.token):
        if value:
            Secret(value)


def _ask_for_no_code(core: Any, profile: str) -> None:
    """botocore would ask for a code of a device at the terminal, from a thread, under the running console.

    What `aws` itself got with a code is in its cache, and is used.
    """
    from botocore.utils import JSONFileCache

    def refuse(_: str) -> str:
        named = f" --profile {profile}" if profile else ""
        raise Unauthenticated(
            "the profile's role asks for the code of a device", fix=f"aws sts get-caller-identity{named}, then retry"
        )

    provider = core.get_component("credential_provider").get_provider("assume-role")
    provider._prompter = refuse
    provider.cache = JSONFileCache(str(Path("~/.aws/cli/cache").expanduser()))
