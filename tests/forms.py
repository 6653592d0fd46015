"""Forms (multipart/form-data) as a client sends them, and what other parsers read in them."""

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

import httpx

BOUNDARY = "XyZ123"
KIND = f"multipart/form-data; boundary={BOUNDARY}"
MODEL = 'Content-Disposition: form-data; name="model"'
FORM_PATHS = (
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/v1/images/edits",
    "/v1/images/variations",
)
AUDIO = bytes(range(256)) * 40
FILE = 'Content-Disposition: form-data; name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg'


def form(*parts: tuple[str, str | bytes], end: str = f"--{BOUNDARY}--\r\n") -> bytes:
    """Write a form of parts of headers and content."""
    written = [
        f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode()
        + (content if isinstance(content, bytes) else content.encode())
        + b"\r\n"
        for head, content in parts
    ]
    return b"".join(written) + end.encode()


def upload(name: str, content: bytes = AUDIO, **fields: str) -> bytes:
    """Write a form with a file, and the model in front of it."""
    more = [(f'Content-Disposition: form-data; name="{key}"', text) for key, text in fields.items()]
    return form((MODEL, name), *more, (FILE, content))


def sent_by_httpx(model: str, content: bytes = AUDIO, name: str = "a.mp3") -> tuple[str, bytes]:
    """Return the content type and the body that a client library makes of such a form."""
    files = {"file": (name, content, "audio/mpeg")}
    request = httpx.Request("POST", "http://gateway/", data={"model": model}, files=files)
    return request.headers["content-type"], request.read()


def fields(kind: str, body: bytes) -> list[tuple[str, bytes]]:
    """Return names and contents as Python's lenient parser of mail reads them."""
    message = BytesParser(policy=HTTP).parsebytes(f"content-type: {kind}\r\n\r\n".encode() + body)
    assert isinstance(message, Message)
    found: list[tuple[str, bytes]] = []
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found.append((name, content))
    return found


def models(kind: str, body: bytes) -> list[str]:
    """Return what that parser reads for a model."""
    return [content.decode() for name, content in fields(kind, body) if name == "model"]
