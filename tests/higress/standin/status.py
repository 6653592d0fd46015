"""The API server's errors: a `Status` object with a code, a reason and details."""

import json
from typing import Any

from .kinds import KINDS


class StatusError(Exception):
    """A failed request, as the API server answers it."""

    def __init__(
        self, code: int, reason: str, message: str, details: dict[str, Any] | None = None
    ) -> None:
        """Keep what the body says."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details

    def body(self) -> str:
        """Give the answer's body, with the key order and the line end of the real one."""
        answer = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        answer |= {"message": str(self), "reason": self.reason}
        answer |= {"details": self.details} if self.details else {}
        text = json.dumps(answer | {"code": self.code}, ensure_ascii=False, separators=(",", ":"))
        for letter in "<>&":
            text = text.replace(letter, f"\\u{ord(letter):04x}")
        return text + "\n"


def _details(plural: str, name: str) -> dict[str, Any]:
    group = KINDS[plural].group if plural in KINDS else ""
    return {"name": name, **({"group": group} if group else {}), "kind": plural}


def _resource(plural: str) -> str:
    group = KINDS[plural].group if plural in KINDS else ""
    return f"{plural}.{group}" if group else plural


def not_found(plural: str, name: str) -> StatusError:
    """There is no such object."""
    message = f'{_resource(plural)} "{name}" not found'
    return StatusError(404, "NotFound", message, _details(plural, name))


def conflict(plural: str, name: str, why: str) -> StatusError:
    """The version that was sent is not the stored one, or another write is under way."""
    message = f'Operation cannot be fulfilled on {_resource(plural)} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(plural, name))


def internal(message: str) -> StatusError:
    """The store failed; the message is repeated as the cause."""
    details = {"causes": [{"message": message}]}
    return StatusError(500, "InternalError", f"Internal error occurred: {message}", details)
