"""Login to RDS with the AWS identity: a token of fifteen minutes, made here from the credentials at hand."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from providers.core.config import Aws
from providers.core.errors import TimedOut, Unauthenticated
from providers.core.secret import Secret
from providers.core.text import clean
from providers.postgres.aside import aside

DEADLINE: Final = 10.0
"""Seconds for finding credentials: a profile may ask a command or the instance metadata."""
_LOG_IN: Final = "log in to AWS (aws sso login, AWS_PROFILE, or aws.profile in the configuration)"
_REGION: Final = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com(?:\.cn)?$")


async def token(host: str, port: int, user: str, aws: Aws | None, source: str) -> Secret:
    """A fresh password for `user`. Raises Unauthenticated, TimedOut."""
    try:
        async with asyncio.timeout(DEADLINE):
            return await aside(lambda: _token(host, port, user, aws or Aws(), source), "rds token")
    except TimeoutError:
        raise TimedOut(f"no AWS credentials within {DEADLINE:g} s", source=source, fix=_LOG_IN) from None


def _token(host: str, port: int, user: str, aws: Aws, source: str) -> Secret:
    # Loading boto3 takes a second; whoever does not log in this way does not pay for it.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    named = _REGION.search(host)
    try:
        session = boto3.Session(profile_name=aws.profile, region_name=aws.region)
        region = session.region_name or (named[1] if named else None)
        client = session.client("rds", region_name=region)
        return Secret(client.generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user))
    except (BotoCoreError, ClientError) as error:
        said = clean(str(error), 300)
        raise Unauthenticated(f"no RDS token: {said}", source=source, fix=_LOG_IN) from None
