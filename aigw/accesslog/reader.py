"""The one reader of access logs, whichever engine wrote them."""

import json

from msgspec import to_builtins

from aigw.accesslog.higress import MARK, higress_request
from aigw.accesslog.request import Request, request


def read(line: str) -> Request | None:
    """Read one line of either engine; None for what is no request."""
    return higress_request(line) if line.startswith(MARK) else request(line)


def as_json(line: str) -> str:
    """Return a line as one JSON object with the keys of the package's docstring.

    A line of the embedded engine is that already, but that its `stream` is the content type. What
    is no request stays as it is.
    """
    found = read(line)
    if found is None:
        return line
    if not line.startswith(MARK):
        return json.dumps({**json.loads(line), "stream": found.stream})
    time = found.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    tree = {**to_builtins(found), "time": time, "flags": ",".join(found.flags)}
    return json.dumps({key: None if value == "" else value for key, value in tree.items()})
