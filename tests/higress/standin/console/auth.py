"""Who is asking: Basic credentials, the session cookie, and the admin's Secret behind both."""

import base64
import binascii
import hashlib
import hmac
import secrets
import string
import time
from collections.abc import Mapping
from typing import Any

from .errors import ConsoleError, IllegalArgument, IllegalState
from .kube import Kube, Object

SECRET = "higress-console"
COOKIE = "_hi_sess"
STALE_AFTER = 10
FIELDS = ("adminUsername", "adminPassword", "key", "iv")
ALPHABET = string.ascii_letters + string.digits + string.punctuation


class Admin:
    """The one user of the console, as the Secret has it; a copy is kept as the real one does."""

    def __init__(self, kube: Kube) -> None:
        """Know nothing yet."""
        self._kube = kube
        self._kept: dict[str, str] | None = None
        self._looked = 0.0

    def read(self) -> dict[str, str] | None:
        """Give the Secret's fields, None when it holds no admin; seen again only within 10 s."""
        now = time.monotonic()
        if self._kept is None or now - self._looked < STALE_AFTER:
            self._kept = self._stored()
            self._looked = now
        return self._kept

    def _stored(self) -> dict[str, str] | None:
        secret = self._kube.find("secrets", SECRET)
        data = (secret or {}).get("data") or {}
        fields = {key: base64.b64decode(value).decode() for key, value in data.items()}
        return fields if all(fields.get(name, "").strip() for name in FIELDS) else None

    def initialized(self) -> bool:
        """Say whether the Secret holds an admin."""
        return self._stored() is not None

    def write(self, fields: dict[str, str]) -> None:
        """Write fields over those of the Secret, with new keys when it has none."""
        secret: Object = self._kube.find("secrets", SECRET) or {}
        data = dict(secret.get("data") or {})
        values = {"key": _random(32), "iv": _random(16)} if "key" not in data else {}
        for key, value in {**values, **fields}.items():
            data[key] = base64.b64encode(value.encode()).decode()
        metadata = secret.get("metadata") or {"name": SECRET}
        labels = {**(metadata.get("labels") or {}), "higress.io/resource-definer": "higress"}
        body = {**secret, "metadata": {**metadata, "labels": labels}, "data": data}
        body = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", **body}
        (self._kube.replace if secret else self._kube.create)("secrets", body)
        self._kept = self._stored()

    def login(self, username: str, password: str) -> bool:
        """Say whether name and password are the admin's."""
        admin = self.read()
        if admin is None:
            raise IllegalState("No valid admin config is available.")
        return (username, password) == (admin["adminUsername"], admin["adminPassword"])

    def user(self) -> dict[str, Any]:
        """Give the admin as the API shows one."""
        admin = self.read() or {}
        name, shown = admin.get("adminUsername"), admin.get("adminDisplayName")
        return {"name": name, "password": None, "displayName": shown, "avatarUrl": None}

    def cookie(self) -> str:
        """Make a session: it holds until the password changes, logout or not."""
        moment = str(time.time_ns())
        return base64.b64encode(f"{moment}|{self._seal(moment)}".encode()).decode()

    def _seal(self, moment: str) -> str:
        admin = self.read() or dict.fromkeys(FIELDS, "")
        text = "\n".join([moment, admin["adminUsername"], admin["adminPassword"]])
        return hmac.new(admin["key"].encode(), text.encode(), hashlib.sha256).hexdigest()

    def user_of(self, headers: Mapping[str, str]) -> dict[str, Any] | None:
        """Give the user whose credentials these headers carry; a dead store makes it nobody."""
        try:
            known = self._basic(headers.get("authorization", "")) or self._session(headers)
        except IllegalArgument:
            raise
        except ConsoleError:
            return None
        return self.user() if known else None

    def _basic(self, header: str) -> bool:
        if not header.startswith("Basic "):
            return False
        name, *rest = _decode(header.removeprefix("Basic ")).split(":")
        return len(rest) == 1 and self.read() is not None and self.login(name, rest[0])

    def _session(self, headers: Mapping[str, str]) -> bool:
        for part in headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE and self.read() is not None:
                return self._sealed(value)
        return False

    def _sealed(self, value: str) -> bool:
        try:
            moment, _, seal = base64.b64decode(value).decode().partition("|")
        except ValueError:
            return False
        return hmac.compare_digest(seal, self._seal(moment))


def _decode(text: str) -> str:
    for character in text.rstrip("="):
        if not (character.isascii() and (character.isalnum() or character in "+/")):
            raise IllegalArgument(f"Illegal base64 character {ord(character):x}")
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except binascii.Error as error:
        raise IllegalArgument("Input byte array has wrong 4-byte ending unit") from error


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
