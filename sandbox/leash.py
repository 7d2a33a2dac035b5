"""Become another program that ends with its parent: run as a script, before anything else is imported.

Arguments: the parent's pid, the signal to end by, a uid (-1 keeps ours), and the command. The kernel forgets the leash
when the user changes, so the user comes first; a parent that died in between is noticed by its pid.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def leashed(parent: int, ending: int, uid: int, command: list[str]) -> None:
    """Does not return."""
    if uid >= 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ending)
    if os.getppid() != parent:
        raise SystemExit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    leashed(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
