"""Log files of a database instance, read on demand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from providers.aws import raw as of
from providers.aws.client import AwsClient
from providers.aws.values import LogFile
from providers.core.text import clean_lines

MOST_FILES: Final = 500
MOST_BYTES: Final = 1024 * 1024
"""RDS itself gives at most 1 MB, or 10,000 lines, at once."""
_LINE: Final = 200
"""Bytes a line is taken to have: RDS counts what it gives in lines."""


async def log_files(client: AwsClient, instance: str) -> tuple[LogFile, ...]:
    """The files, last written first."""
    found = await client.pages(
        "rds", "DescribeDBLogFiles", "DescribeDBLogFiles", MOST_FILES, DBInstanceIdentifier=instance
    )
    files = [
        LogFile(of.text(raw, "LogFileName"), of.number(raw, "Size") or 0, _written(of.number(raw, "LastWritten")))
        for raw in found.items
    ]
    return tuple(sorted(files, key=lambda file: file.written or datetime.min.replace(tzinfo=UTC), reverse=True))


async def log_tail(client: AwsClient, instance: str, name: str, most: int = 64 * 1024) -> tuple[str, ...]:
    """The last lines of a file, at most `most` bytes. Raises NotFound, NotOffered, Denied …"""
    wanted = max(1, min(most, MOST_BYTES))
    answer = await client.read(
        "rds",
        "DownloadDBLogFilePortion",
        DBInstanceIdentifier=instance,
        LogFileName=name,
        NumberOfLines=max(1, min(10_000, wanted // _LINE)),
    )
    data = str(answer.get("LogFileData") or "").encode("utf-8", "replace")
    if not data:
        return ()
    lines = clean_lines(data[-wanted:])
    # A cut falls within a line: half a line says something else.
    return lines[1:] if len(data) > wanted else lines


def _written(milliseconds: int | None) -> datetime | None:
    """RDS tells milliseconds since 1970; servers in its place tell seconds."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000 if milliseconds > 10**11 else milliseconds, UTC)
