"""From what botocore raises to the core's error tree."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from botocore import exceptions as boto

from providers.core.errors import (
    BackendError,
    Conflict,
    Denied,
    Garbled,
    Invalid,
    NotFound,
    ServerFault,
    Throttled,
    TimedOut,
    Unauthenticated,
    Unreachable,
    Untrusted,
)
from providers.core.secret import redact
from providers.core.text import clean

_LOGIN: Final = re.compile(
    r"ExpiredToken(Exception)?|RequestExpired|InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId"
    r"|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature|AuthFailure|MissingAuthenticationToken"
    r"|MissingAuthenticationTokenException|TokenRefreshRequired|InvalidToken|RequestTimeTooSkewed|InvalidSecurity|401"
)
_DENIED: Final = re.compile(
    r"AccessDenied\w*|Unauthorized(Operation|Access)|NotAuthorized\w*|AuthorizationError\w*|403"
)
_THROTTLED: Final = re.compile(
    r"Throttl\w+|RequestThrottled\w*|RequestLimitExceeded|TooManyRequests\w*|SlowDown|BandwidthLimitExceeded"
    r"|PriorRequestNotComplete|ProvisionedThroughputExceeded\w*|EC2ThrottledException|429"
)
_NOT_OFFERED: Final = re.compile(r"InvalidAction|NotImplemented|UnknownOperation\w*|404|405|501")
_NOT_FOUND: Final = re.compile(r"\w*NotFound(Fault|Exception|Message)?|NoSuch\w+|\w+\.NotFound|404")
_CONFLICT: Final = re.compile(
    r"Invalid\w*State(Fault|Exception)?|\w*AlreadyExists(Fault|Exception|Message)?|ResourceInUse\w*|Conflict\w*"
    r"|ConditionalCheckFailed\w*|PreconditionFailed|OperationAborted|DependencyViolation|Incorrect\w*State"
    r"|\w+\.(InUse|Duplicate)"
)
_CREDENTIALS: Final = (
    boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError, boto.SSOError,
    boto.TokenRetrievalError, boto.NoAuthTokenError, boto.ProfileNotFound, boto.MetadataRetrievalError,
    boto.InvalidConfigError, boto.ConfigParseError, boto.ConfigNotFound, boto.RefreshWithMFAUnsupportedError,
)  # fmt: skip
_PERFORM: Final = re.compile(r"not authorized to perform:? ([A-Za-z0-9-]+:[A-Za-z0-9]+)")
_IAM_PREFIX: Final = {"elbv2": "elasticloadbalancing"}
"""Where IAM calls a service otherwise than boto3 does."""


class NotOffered(NotFound):
    """The endpoint does not know the operation: it is not AWS itself, or not all of it."""


class Asked(msgspec.Struct, frozen=True):
    """What was asked of whom, so that an error can name it. `operation` is the API's own name ("DescribeEvents")."""

    source: str
    service: str
    operation: str
    profile: str = ""
    role: str = ""

    @property
    def action(self) -> str:
        """The right it needs, as IAM names it."""
        return f"{_IAM_PREFIX.get(self.service, self.service)}:{self.operation}"

    @property
    def login(self) -> str:
        """How to get credentials again."""
        named = f" --profile {self.profile}" if self.profile else ""
        return f"log in again: aws sso login{named} (or renew the access key), then retry"


def error_of(error: BaseException, asked: Asked) -> BackendError:
    """What a botocore exception means; messages are the server's own, cleaned, masked and short."""
    if isinstance(error, BackendError):
        error.source = error.source or asked.source
        return error
    if isinstance(error, boto.ClientError):
        return _answered(error, asked)
    text = f"{asked.action}: {_short(error)}"
    if isinstance(error, _CREDENTIALS):
        return Unauthenticated(f"no valid credentials: {_short(error)}", source=asked.source, fix=asked.login)
    if isinstance(error, boto.NoRegionError):
        fix = "set aws.region in the configuration, or AWS_REGION"
        return Invalid("no region is set", source=asked.source, fix=fix)
    if isinstance(error, boto.SSLError):
        return _of_tls(error, asked)
    if isinstance(error, AttributeError | LookupError | TypeError | ValueError):
        return garbled(error, asked)
    return _unanswered(error, text, asked.source)


def garbled(error: BaseException, asked: Asked) -> Garbled:
    """An answer that is not what the protocol says."""
    return Garbled(f"{asked.action}: {_short(error)} (a proxy in between?)", source=asked.source)


def _unanswered(error: BaseException, text: str, source: str) -> BackendError:
    if isinstance(error, boto.ConnectTimeoutError | boto.ReadTimeoutError | TimeoutError):
        return TimedOut(text, source=source)
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError | OSError):
        return Unreachable(text, source=source)
    if isinstance(error, boto.ParamValidationError):
        return Invalid(text, source=source)
    return BackendError(text, source=source)


def _of_tls(error: BaseException, asked: Asked) -> BackendError:
    text = f"{asked.action}: {_short(error)}"
    if "CERTIFICATE" in str(error).upper():
        fix = "check ca_bundle of the profile, or AWS_CA_BUNDLE; a proxy that opens TLS shows its own certificate"
        return Untrusted(text, source=asked.source, fix=fix)
    return Unreachable(text, source=asked.source)


def _answered(error: boto.ClientError, asked: Asked) -> BackendError:
    said = error.response.get("Error", {})
    code = str(said.get("Code") or "")
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    message = clean(redact(str(said.get("Message") or "")), 400) or f"HTTP {status}"
    # Credentials are fetched on the way to any other call; what fails then is not what was asked.
    if error.operation_name.startswith("AssumeRole") and not asked.operation.startswith("AssumeRole"):
        return _no_role(code, message, asked)
    if _LOGIN.fullmatch(code):
        return Unauthenticated(f"{code}: {message}", source=asked.source, fix=asked.login)
    if _DENIED.fullmatch(code):
        return _denied(message, asked)
    if _THROTTLED.fullmatch(code):
        return Throttled(f"{asked.action} is throttled: {message}", retry_after=5.0, source=asked.source)
    # The answer to a HEAD has no body to say more: there, 404 means that the thing is not there.
    if _NOT_OFFERED.fullmatch(code) and not (code == "404" and asked.operation.startswith("Head")):
        text = f"{asked.operation} is not offered by this endpoint ({message})"
        return NotOffered(text, source=asked.source, fix="AWS itself offers it; check endpoint_url")
    return _refused(code, status, message, asked)


def _refused(code: str, status: int, message: str, asked: Asked) -> BackendError:
    text = f"{code}: {message}" if code else message
    if _NOT_FOUND.fullmatch(code):
        return NotFound(text, source=asked.source)
    if _CONFLICT.fullmatch(code):
        return Conflict(text, source=asked.source)
    if status >= 500 or code.startswith(("Internal", "ServiceUnavailable")):
        return ServerFault(f"{asked.action}: {text}", source=asked.source)
    return Invalid(text, source=asked.source)


def _denied(message: str, asked: Asked) -> Denied:
    found = _PERFORM.search(message)
    right = found[1] if found else asked.action
    return Denied(message, permission=right, source=asked.source, fix=f"ask for the right to {right}")


def _no_role(code: str, message: str, asked: Asked) -> BackendError:
    role = asked.role or "the role of the profile"
    text = f"{role} cannot be assumed: {code}: {message}"
    if _DENIED.fullmatch(code):
        fix = f"allow sts:AssumeRole on {role}, on both sides: the caller's policy and the role's trust policy"
        return Denied(text, permission="sts:AssumeRole", source=asked.source, fix=fix)
    return Unauthenticated(text, source=asked.source, fix=asked.login)


def _short(error: BaseException) -> str:
    return clean(redact(" ".join(str(error).split())), 300)
