"""AWS's error codes as the core's words."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from providers.aws.answers import Asked, NotOffered, error_of
from providers.core.errors import (
    BackendError,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    ServerFault,
    Throttled,
    Unauthenticated,
)
from providers.core.secret import MASK, Secret


def refused(code: str, status: int = 400, message: str = "said", operation: str = "DescribeThings") -> BackendError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return error_of(ClientError(response, operation), Asked("aws t", "elbv2", operation, profile="p"))


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("DBClusterNotFoundFault", 404, NotFound),
        ("CacheClusterNotFound", 404, NotFound),
        ("NoSuchEntity", 404, NotFound),
        ("InvalidInstanceID.NotFound", 400, NotFound),
        ("ResourceNotFoundException", 400, NotFound),
        ("InvalidDBClusterStateFault", 400, Conflict),
        ("InvalidDBInstanceState", 400, Conflict),
        ("DBSnapshotAlreadyExists", 400, Conflict),
        ("InvalidPermission.Duplicate", 400, Conflict),
        ("ConditionalCheckFailedException", 400, Conflict),
        ("InvalidParameterValue", 400, Invalid),
        ("ValidationError", 400, Invalid),
        ("StorageQuotaExceeded", 400, Invalid),
        ("ThrottlingException", 400, Throttled),
        ("RequestLimitExceeded", 503, Throttled),
        ("InvalidClientTokenId", 403, Unauthenticated),
        ("ExpiredTokenException", 400, Unauthenticated),
        ("AccessDeniedException", 400, Denied),
        ("UnauthorizedOperation", 403, Denied),
        ("403", 403, Denied),
        ("InternalFailure", 500, ServerFault),
        ("ServiceUnavailable", 503, ServerFault),
        ("503", 503, ServerFault),
        ("InvalidAction", 400, NotOffered),
        ("501", 501, NotOffered),
        ("404", 404, NotOffered),
    ],
)
def test_codes(code: str, status: int, kind: type[BackendError]) -> None:
    assert type(refused(code, status)) is kind


def test_a_missing_object_is_no_missing_operation() -> None:
    assert type(refused("404", 404, operation="HeadObject")) is NotFound


def test_the_missing_right_is_named_as_iam_names_it() -> None:
    error = refused("AccessDenied", 403)
    assert isinstance(error, Denied) and error.permission == "elasticloadbalancing:DescribeThings"
    assert refused("ExpiredToken").fix.startswith("log in again: aws sso login --profile p")


def test_messages_are_clean_masked_and_short() -> None:
    Secret("hush-hush-1")
    message = refused("ValidationError", message="\x1b[31mhush-hush-1 " + "x" * 5000).message
    assert "\x1b" not in message and "hush-hush" not in message and MASK in message and len(message) < 500
