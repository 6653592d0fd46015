"""The administrator of the console: made by us before anybody else can be it."""

import secrets
from base64 import b64decode
from binascii import Error

from msgspec import Struct

from aigw.rendering.higress import ADMIN_FILE, Resources
from aigw.spec.secret import Secret

_BYTES = 18


class Account(Struct, frozen=True, kw_only=True):
    """Who may use the console."""

    name: str
    password: Secret


def account(resources: Resources) -> Account | None:
    """Read it out of the store; None where nobody is administrator yet."""
    data = resources.get(ADMIN_FILE, {}).get("data")
    if not isinstance(data, dict):
        return None
    name, password = (_text(data.get(key)) for key in ("adminUsername", "adminPassword"))
    return Account(name=name, password=Secret(password)) if name and password else None


def new_password() -> Secret:
    """Make a password; without a colon, with which HTTP Basic does not work."""
    return Secret(secrets.token_urlsafe(_BYTES))


def _text(value: object) -> str:
    try:
        return b64decode(str(value or "")).decode()
    except (Error, ValueError):
        return ""
