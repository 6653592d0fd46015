"""The console of a Higress gateway, over its REST API; what it says is told without any key."""

import json
import time
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from aigw.errors import EngineRefused, NotReady, OutcomeUnknown
from aigw.spec.secret import Secret

ANSWER_SECONDS: Final = 15.0
_TRIES = 8
_PAUSE_SECONDS = 0.05
_MOST_BYTES = 16 * 1024 * 1024
_LONGEST_WORDS = 300

Json = Mapping[str, object]


class _Said(Struct, frozen=True, kw_only=True):
    status: int
    text: str
    cookie: str

    def tree(self) -> object:
        try:
            return json.loads(self.text) if self.text else None
        except ValueError as error:
            raise NotReady(f"the console answered {self.status} without JSON") from error

    def data(self) -> object:
        """Return what is in the envelope, or what came without one."""
        tree = self.tree()
        return tree.get("data") if isinstance(tree, dict) and "success" in tree else tree


class Console:
    """One console. Every method raises NotReady where it is silent, and EngineRefused where it
    refuses; both without the text of its 500s, which can hold whole files with keys. OutcomeUnknown
    is raised where it took a change and did not answer in time: what waits there it does later.
    """

    def __init__(
        self,
        address: str,
        port: int,
        *,
        user: str,
        password: Secret,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._address = address
        self._port = port
        self._user = user
        self._password = password
        self._seconds = seconds
        self.waited = 0.0
        """Seconds spent waiting for its answers so far."""

    def stands(self) -> str:
        """Say why it cannot be used; empty when it answers and reaches its store.

        `/system/config` touches the store; `/healthz/ready` is 200 whatever happens.
        """
        try:
            said = self._send("GET", "/system/config", anonymous=True)
        except NotReady as error:
            return error.message
        if said.status == HTTPStatus.OK:
            return ""
        return f"the console answers {said.status}: its API server is not there"

    def put_provider(self, form: Json) -> None:
        """Add a provider, or change the one of that name."""
        name = str(form["name"])
        self._write("PUT", f"/v1/ai/providers/{quote(name, safe='')}", form, what=_what(name))

    def delete_provider(self, name: str) -> None:
        """Remove a provider; one that is not there is no error."""
        self._write("DELETE", f"/v1/ai/providers/{quote(name, safe='')}", None, what=_what(name))

    def add_route(self, form: Json) -> None:
        """Add an AI route; what there is of that name already is replaced."""
        name = f"AI route `{form['name']}`"
        self._write("POST", "/v1/ai/routes", form, what=name)

    def put_route(self, form: Json) -> None:
        """Change an AI route that is there; the last writer wins."""
        name = str(form["name"])
        path = f"/v1/ai/routes/{quote(name, safe='')}"
        self._write("PUT", path, {**form, "version": None}, what=f"AI route `{name}`")

    def delete_route(self, name: str) -> None:
        """Remove an AI route with all that belongs to it; one that is not there is no error."""
        path = f"/v1/ai/routes/{quote(name, safe='')}"
        self._write("DELETE", path, None, what=f"AI route `{name}`")

    def _write(self, method: str, path: str, body: Json | None, *, what: str) -> None:
        """Write, again where another writer was in the way: of two at a moment one gets a 409."""
        for attempt in range(_TRIES):
            try:
                said = self._send(method, path, body)
            except NotReady as error:
                if not isinstance(error.__cause__, TimeoutError):
                    raise
                message = f"{error.message} and may still change {what}"
                message += ", which the next `aigw start` undoes"
                raise OutcomeUnknown(message, hint="aigw restart") from error
            if said.status != HTTPStatus.CONFLICT:
                break
            time.sleep(_PAUSE_SECONDS * (attempt + 1))
        _check(said, f"the console did not take {what}")

    def _send(
        self, method: str, path: str, body: Json | None = None, *, anonymous: bool = False
    ) -> _Said:
        headers = {} if anonymous else dict(self._login)
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["content-type"] = "application/json"
        begun = time.monotonic()
        try:
            # Not httpx: its import alone takes longer than a whole change may.
            with closing(HTTPConnection(self._address, self._port, timeout=self._seconds)) as asked:
                asked.request(method, path, content, headers)
                answer = asked.getresponse()
                text = answer.read(_MOST_BYTES).decode("utf-8", errors="replace")
                cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
                return _Said(status=answer.status, text=text, cookie=cookie)
        except (OSError, HTTPException) as error:
            where = f"{self._address}:{self._port}"
            message = f"the console does not answer on {where}"
            raise NotReady(message, hint="aigw status") from error
        finally:
            self.waited += time.monotonic() - begun

    @cached_property
    def _login(self) -> Mapping[str, str]:
        """Return the headers that say who we are: a session's where there is a colon.

        With Basic the console takes one colon, and refuses the right password with another.
        """
        user, password = self._user, self._password.reveal()
        if ":" not in user + password:
            basic = b64encode(f"{user}:{password}".encode()).decode()
            return {"authorization": f"Basic {basic}"}
        form = {"username": user, "password": password}
        said = self._send("POST", "/session/login", form, anonymous=True)
        return {"cookie": said.cookie} if said.cookie else {}


def _what(name: str) -> str:
    return f"provider `{name}`"


def _check(said: _Said, problem: str) -> None:
    """Raise for anything but success."""
    if said.status in range(200, 300):
        return
    if said.status == HTTPStatus.UNAUTHORIZED:
        raise EngineRefused(
            f"{problem}: it does not take our password, or its API server is gone",
            hint="aigw restart",
        )
    message = f"{problem}: it answered {said.status}{_words(said)}"
    raise EngineRefused(message, hint="aigw status")


def _words(said: _Said) -> str:
    """Return what a validation error says; a 500 is not quoted, it can hold files with keys."""
    if said.status >= HTTPStatus.INTERNAL_SERVER_ERROR and said.status != HTTPStatus.BAD_GATEWAY:
        return ""
    try:
        tree = json.loads(said.text)
    except ValueError:
        return ""
    message = tree.get("message") if isinstance(tree, dict) else None
    if not isinstance(message, str):
        return ""
    words = message.rpartition("Exception: ")[2].strip()[:_LONGEST_WORDS]
    return f": {words}" if words else ""
