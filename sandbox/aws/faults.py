"""What can be wrong in the account."""

from __future__ import annotations

from sandbox.aws import Aws
from sandbox.fault import Fault

ACCOUNT_FAULTS: tuple[Fault[Aws], ...] = ()
