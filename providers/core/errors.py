"""The error tree: what can go wrong between the console and a system, in words an operator acts on."""

from __future__ import annotations

from typing import ClassVar


class FusionError(Exception):
    """Base of every expected error. `str()` is one clean sentence without secrets; `fix` says what to do about it."""

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class ConfigError(FusionError):
    """A configuration, runbook or kubeconfig is wrong. The message names file, line, key and what was expected."""


class UsageError(FusionError):
    """A key, argument or command makes no sense here (exit 2)."""


class Refused(FusionError):
    """The gate did not let an action through; nothing was sent (exit 4)."""


class AuditError(FusionError):
    """The audit trail cannot be written or does not prove true. No audit line, no effect."""


class BackendError(FusionError):
    """A system did not give what was asked of it.

    `kind` is the state of the panel that shows it; `source` names the system as the operator knows it ("kube staging").
    """

    kind: ClassVar[str] = "error"

    def __init__(self, message: str, *, source: str = "", fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.source = source


class Unreachable(BackendError):
    """No connection, a reset, a name that does not resolve, a TLS handshake that failed."""

    kind = "down"


class TimedOut(Unreachable):
    """The deadline passed without an answer. After a write this means: outcome unknown."""

    kind = "down"


class Untrusted(BackendError):
    """The other side did not prove who it is (certificate, host key). Never retried, never bypassed."""

    kind = "untrusted"


class Unauthenticated(BackendError):
    """401: the credentials are missing, wrong or expired. `fix` says how to log in again."""

    kind = "login"


class Denied(BackendError):
    """403: known, but not allowed. `permission` is the missing right, e.g. "list pods in fusion-bitcoin"."""

    kind = "denied"

    def __init__(self, message: str, *, permission: str = "", source: str = "", fix: str = "") -> None:
        super().__init__(message, source=source, fix=fix)
        self.permission = permission


class NotFound(BackendError):
    """The named thing does not exist (404)."""

    kind = "absent"


class Conflict(BackendError):
    """The target is no longer what it was when the plan was made (409/412/422 on a test): nothing was changed."""

    kind = "conflict"


class Invalid(BackendError):
    """The request was understood and rejected as wrong (400/422)."""

    kind = "invalid"


class Expired(BackendError):
    """A resume point is too old (410 Gone): list again from scratch."""

    kind = "expired"


class Throttled(BackendError):
    """429, or the console's own budget: ask again after `retry_after` seconds, not sooner."""

    kind = "throttled"

    def __init__(self, message: str, *, retry_after: float = 1.0, source: str = "", fix: str = "") -> None:
        super().__init__(message, source=source, fix=fix)
        self.retry_after = retry_after


class ServerFault(BackendError):
    """5xx: the system failed by itself."""

    kind = "down"


class Garbled(BackendError):
    """The answer was not what the protocol says (HTML from a proxy, truncated JSON, wrong types)."""

    kind = "garbled"
