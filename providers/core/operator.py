"""Who sits at this console, as far as the machine can tell."""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Mapping
from typing import Final

import msgspec

from providers.core.text import clean

_LONGEST: Final = 200


class Operator(msgspec.Struct, frozen=True):
    """The person behind a change. Everything comes from the kernel except what the environment alone knows.

    `ssh_connection` is "client port server port" as sshd sets it; `sudo_user` who became `user` by sudo. `kube_user`
    and `aws_arn` are what the systems themselves answered, "" until they were asked.
    """

    user: str
    uid: int
    host: str
    tty: str = ""
    ssh_connection: str = ""
    kube_user: str = ""
    aws_arn: str = ""
    sudo_user: str = ""

    @classmethod
    def current(cls, environ: Mapping[str, str] = os.environ) -> Operator:
        """The operator of this process. Never raises: what cannot be told is ""."""
        uid = os.getuid()
        return cls(
            user=_user(uid),
            uid=uid,
            host=clean(socket.gethostname(), _LONGEST),
            tty=_tty(),
            ssh_connection=clean(environ.get("SSH_CONNECTION", ""), _LONGEST),
            sudo_user=clean(environ.get("SUDO_USER", ""), _LONGEST),
        )

    def with_identity(self, kube_user: str = "", aws_arn: str = "") -> Operator:
        """The same person as the systems know them; what is not given stays."""
        return msgspec.structs.replace(
            self,
            kube_user=clean(kube_user, _LONGEST) or self.kube_user,
            aws_arn=clean(aws_arn, _LONGEST) or self.aws_arn,
        )

    def __str__(self) -> str:
        via = f" (by sudo from {self.sudo_user})" if self.sudo_user else ""
        return f"{self.user}@{self.host}{via}"


def _user(uid: int) -> str:
    # $USER is whatever somebody exported; the password database is not.
    try:
        return clean(pwd.getpwuid(uid).pw_name, _LONGEST)
    except KeyError:
        return f"uid {uid}"


def _tty() -> str:
    for descriptor in (0, 1, 2):
        try:
            return os.ttyname(descriptor)
        except OSError:
            continue
    return ""
