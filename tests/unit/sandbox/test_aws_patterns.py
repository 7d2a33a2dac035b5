"""Filter patterns of CloudWatch Logs."""

from __future__ import annotations

import pytest

from sandbox.aws.conditions import Malformed
from sandbox.aws.patterns import matcher

DENIED = '{"errorCode": "AccessDeniedException", "code": 403, "who": {"name": "ci", "roles": ["a", "b"]}, "mfa": false}'
FINE = '{"code": 200, "errorCode": null, "who": {"name": "oncall"}, "mfa": true}'
REJECT = "2 444455556666 eni-1 198.51.100.7 10.20.1.10 50386 22 6 2 112 1795581856 1795581916 REJECT OK"
ACCEPT = "2 444455556666 eni-1 10.20.11.34 10.20.21.15 50386 5432 6 40 9000 1795581856 1795581916 ACCEPT OK"
APACHE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /x HTTP/1.0" 503 1534'


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", FINE, True),
        ("REJECT", REJECT, True),
        ("REJECT", ACCEPT, False),
        ("REJECT eni-2", REJECT, False),
        ('"REJECT OK"', REJECT, True),
        ("eni-1 -REJECT", REJECT, False),
        ("?REJECT ?NODATA", REJECT, True),
        ("?REJECT ?NODATA", ACCEPT, False),
        ('{ $.errorCode = "*Denied*" || $.errorCode = "*Failed*" }', DENIED, True),
        ('{ $.errorCode = "*Denied*" || $.errorCode = "*Failed*" }', FINE, False),
        ('{ $.errorCode = "*Denied*" || $.errorCode = "*Failed*" }', REJECT, False),
        ('{ ($.errorCode = *Denied*) && ($.who.name = "oncall") }', DENIED, False),
        ("{ $.who.roles[1] = b }", DENIED, True),
        ('{ $.who.name != "ci" }', FINE, True),
        ('{ $.who.age != "1" }', FINE, False),
        ("{ $.code >= 400 && $.code < 500 }", DENIED, True),
        ("{ $.code >= 400 }", FINE, False),
        ("{ $.code = 200.0 }", FINE, True),
        ("{ $.errorCode IS NULL && $.mfa IS TRUE }", FINE, True),
        ("{ $.mfa IS FALSE && $.token NOT EXISTS }", DENIED, True),
        ("{ $.errorCode NOT EXISTS }", FINE, False),
        ('[..., action="REJECT", status]', REJECT, True),
        ('[..., action="REJECT", status]', ACCEPT, False),
        ("[version, account, eni, source, destination, from, to=22 || to=3389, ...]", REJECT, True),
        ("[version, account, eni, source, destination, from, to=22 || to=3389, ...]", ACCEPT, False),
        ("[ip, id, user, at, request, status = 5*, bytes > 1000]", APACHE, True),
        ("[ip, id, user, at, request, status = 5*, bytes > 2000]", APACHE, False),
        ("[ip, user]", APACHE, False),
    ],
)
def test_it_matches_as_cloudwatch_logs_does(pattern: str, message: str, matches: bool) -> None:
    assert matcher(pattern)(message) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.a = "x" ', "{ $.a = }", "{ $.a }", "{ ($.a = 1 }", "{ $.a = 1 $.b }", "{ $.a ~ 1 }", "{ $.a & 1 }",
        "[a, ..., b, ...]", "[a=%x%]", "%x%", "[a",
    ],
)  # fmt: skip
def test_a_malformed_one_is_refused(pattern: str) -> None:
    with pytest.raises(Malformed):
        matcher(pattern)
