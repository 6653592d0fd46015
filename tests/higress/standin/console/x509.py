"""Names and validity out of a certificate; OpenSSL's own reader would spoil the next TLS read."""

import binascii
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

COMMON_NAME, ALTERNATIVES = b"\x55\x04\x03", b"\x55\x1d\x11"
VERSION, EXTENSIONS, DNS_NAME, SHORT_TIME = 0xA0, 0xA3, 0x82, 0x17
LONG_FORM = 0x80

Parts = list[tuple[int, bytes]]


def read(pem: str) -> tuple[list[str], datetime, datetime] | None:
    """Give the names and the two ends of the validity, None for what is no certificate."""
    try:
        return _read(ssl.PEM_cert_to_DER_cert(pem.strip()))
    except (ValueError, IndexError, binascii.Error):
        return None


def _read(der: bytes) -> tuple[list[str], datetime, datetime]:
    certificate = _parts(_parts(der)[0][1])
    body = [part for part in _parts(certificate[0][1]) if part[0] != VERSION]
    validity, subject = _parts(body[3][1]), body[4][1]
    names = _common_names(subject)[:1]
    for tag, content in body:
        names += _alternatives(content) if tag == EXTENSIONS else []
    return list(dict.fromkeys(names)), _moment(*validity[0]), _moment(*validity[1])


def _parts(data: bytes) -> Parts:
    return list(_each(data))


def _each(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Take DER apart: a tag, a length of one byte or more, the content."""
    while data:
        tag, length, start = data[0], data[1], 2
        if length >= LONG_FORM:
            start += length - LONG_FORM
            length = int.from_bytes(data[2:start], "big")
        if len(data) < start + length:
            raise ValueError("truncated")
        yield tag, data[start : start + length]
        data = data[start + length :]


def _common_names(subject: bytes) -> list[str]:
    pairs = [_parts(_parts(group)[0][1]) for _, group in _parts(subject)]
    return [value.decode() for (_, kind), (_, value) in pairs if kind == COMMON_NAME]


def _alternatives(extensions: bytes) -> list[str]:
    found = [_parts(extension) for _, extension in _parts(_parts(extensions)[0][1])]
    names = [_parts(_parts(parts[-1][1])[0][1]) for parts in found if parts[0][1] == ALTERNATIVES]
    return [value.decode() for group in names for tag, value in group if tag == DNS_NAME]


def _moment(tag: int, text: bytes) -> datetime:
    form = "%y%m%d%H%M%SZ" if tag == SHORT_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text.decode(), form).replace(tzinfo=UTC)
