"""Forms (multipart/form-data) as far as the plugins read them: the content of one field."""

import re


def field(kind: str, name: str, body: bytes) -> re.Match[bytes] | None:
    """Find a field; group 1 is its content."""
    boundary = re.search(r'boundary="?([^";]+)"?', kind)
    if boundary is None:
        return None
    line = re.escape(b"--" + boundary[1].encode())
    return re.search(
        line + rb'\r\n[^\r]*name="' + re.escape(name.encode())
        + rb'"(?:\r\n[^\r]+)*\r\n\r\n(.*?)\r\n' + line, body, re.DOTALL
    )  # fmt: skip


def with_content(body: bytes, found: re.Match[bytes], content: str) -> bytes:
    """Return the body with another content of that field."""
    written = content.encode(errors="surrogateescape")
    return body[: found.start(1)] + written + body[found.end(1) :]
