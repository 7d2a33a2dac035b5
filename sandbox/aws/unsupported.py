"""What moto does not have: it would answer with a page of HTML and status 500, which clients send again and again."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse


class Unsupported(ServiceException):
    """In the words and with the status (400) of AWS for an operation that does not exist."""

    code = "InvalidAction"


def refuse_the_unknown() -> None:
    """Let moto refuse the operations it lacks."""
    responses: Any = BaseResponse
    call = responses.call_action

    def call_action(self: Any) -> Any:
        try:
            return call(self)
        except NotImplementedError:
            action = self._get_action()
            return self.serialized(ActionResult(Unsupported(f"The sandbox does not support {action}")))

    responses.call_action = call_action
