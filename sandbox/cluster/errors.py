"""What the API answers when it does not do what was asked: one exception a reason, each a `Status`."""

from __future__ import annotations

from typing import Any, ClassVar

Cause = tuple[str, str, str]
"""One cause of an invalid object: (reason, message, field), e.g. ("FieldValueRequired", "Required value", "spec.x")."""


class ApiError(Exception):
    """Base: HTTP `code`, machine `reason`, the message and the `details` of meta/v1 Status."""

    code: ClassVar[int] = 500
    reason: ClassVar[str] = "InternalError"

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or {}

    def status(self) -> dict[str, Any]:
        """The meta/v1 Status object a client reads."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details:
            body["details"] = self.details
        return body


class BadRequest(ApiError):
    """The request cannot be understood."""

    code = 400
    reason = "BadRequest"


class Unauthorized(ApiError):
    """No user is behind this token (any more)."""

    code = 401
    reason = "Unauthorized"

    def __init__(self) -> None:
        super().__init__("Unauthorized")


class Forbidden(ApiError):
    """The user may not do this."""

    code = 403
    reason = "Forbidden"


class NotFound(ApiError):
    """There is no such object, or no such resource."""

    code = 404
    reason = "NotFound"

    @classmethod
    def of(cls, key: str, name: str) -> NotFound:
        return cls(f'{key} "{name}" not found', _names(key, name))

    @classmethod
    def resource(cls) -> NotFound:
        return cls("the server could not find the requested resource")


class MethodNotAllowed(ApiError):
    """The resource does not have this verb."""

    code = 405
    reason = "MethodNotAllowed"


class NotAcceptable(ApiError):
    """Nothing the client accepts can be produced."""

    code = 406
    reason = "NotAcceptable"


class Conflict(ApiError):
    """The object is not the one the caller saw."""

    code = 409
    reason = "Conflict"

    @classmethod
    def stale(cls, key: str, name: str) -> Conflict:
        text = (
            f'Operation cannot be fulfilled on {key} "{name}": the object has been modified; '
            "please apply your changes to the latest version and try again"
        )
        return cls(text, _names(key, name))

    @classmethod
    def precondition(cls, key: str, name: str, field: str, wanted: str, found: str) -> Conflict:
        text = (
            f'Operation cannot be fulfilled on {key} "{name}": Precondition failed: '
            f"{field} in precondition: {wanted}, {field} in object meta: {found}"
        )
        return cls(text, _names(key, name))


class AlreadyExists(Conflict):
    """An object of this name exists."""

    reason = "AlreadyExists"

    @classmethod
    def of(cls, key: str, name: str) -> AlreadyExists:
        return cls(f'{key} "{name}" already exists', _names(key, name))


class Gone(ApiError):
    """The revision asked for is no longer kept (reason Expired)."""

    code = 410
    reason = "Expired"


class TooLarge(ApiError):
    """The body is beyond what the server reads."""

    code = 413
    reason = "RequestEntityTooLarge"


class UnsupportedMedia(ApiError):
    """The body's content type is unknown here."""

    code = 415
    reason = "UnsupportedMediaType"


class Invalid(ApiError):
    """The object breaks a rule of its kind."""

    code = 422
    reason = "Invalid"

    @classmethod
    def of(cls, kind: str, group: str, name: str, causes: list[Cause]) -> Invalid:
        texts = list(dict.fromkeys(f"{field}: {message}" for _, message, field in causes))
        joined = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
        title = f"{kind}.{group}" if group else kind
        details = {
            "name": name,
            "group": group,
            "kind": kind,
            "causes": [{"reason": reason, "message": message, "field": field} for reason, message, field in causes],
        }
        return cls(f'{title} "{name}" is invalid: {joined}', {k: v for k, v in details.items() if v})


class TooManyRequests(ApiError):
    """Not now: an eviction a budget forbids, or an overloaded server."""

    code = 429
    reason = "TooManyRequests"


def _names(key: str, name: str) -> dict[str, Any]:
    plural, _, group = key.partition(".")
    return {"name": name, "kind": plural} | ({"group": group} if group else {})
