"""The console's client of the API server: one object per file, as plain dictionaries."""

import contextlib
import http.client
import json
import ssl
from typing import Any
from urllib.parse import quote, urlsplit

from ..kinds import KINDS, NAMESPACE
from .errors import ApiException, ConsoleError

Object = dict[str, Any]
HEADERS = {
    "User-Agent": "Kubernetes Java Client/20.0.1-SNAPSHOT",
    "Content-Type": "application/json",
}


class Kube:
    """Reads and writes objects by plural and name; every error is one the console shows."""

    def __init__(self, url: str) -> None:
        """Keep the address; nothing is connected yet."""
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 443
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE
        self._idle: list[http.client.HTTPConnection] = []

    def find(self, plural: str, name: str) -> Object | None:
        """Read one object, None when there is none."""
        try:
            return self._call("GET", plural, name)
        except ApiException as error:
            if error.code == 404:
                return None
            raise

    def list(self, plural: str, labels: dict[str, str] | None = None) -> list[Object]:
        """Read all objects of a kind that carry these labels."""
        items: list[Object] = self._call("GET", plural)["items"]
        wanted = (labels or {}).items()
        return [item for item in items if wanted <= (item["metadata"].get("labels") or {}).items()]

    def create(self, plural: str, body: Object) -> Object:
        """Write a new object and give what was stored; a taken name is `ApiException` 409."""
        return self._call("POST", plural, body=body)

    def replace(self, plural: str, body: Object) -> Object:
        """Write an object over the stored one; a stale resourceVersion is `ApiException` 409."""
        return self._call("PUT", plural, body["metadata"]["name"], body)

    def delete(self, plural: str, name: str) -> None:
        """Remove an object; nothing there is no error."""
        try:
            self._call("DELETE", plural, name)
        except ApiException as error:
            if error.code != 404:
                raise

    def _call(self, method: str, plural: str, name: str = "", body: Object | None = None) -> Object:
        kind = KINDS[plural]
        scope = f"/namespaces/{NAMESPACE}" if kind.namespaced else ""
        path = f"{kind.prefix}{scope}/{plural}" + (f"/{quote(name)}" if name else "")
        text = json.dumps(body).encode() if body is not None else None
        status, answer = self._exchange(method, path, text)
        if status >= 400:
            raise ApiException(status, answer.decode())
        found: Object = json.loads(answer)
        return found

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Ask over a connection that is open already, else, or when that one is dead, a new one."""
        with contextlib.suppress(IndexError, OSError, http.client.HTTPException):
            return self._over(self._idle.pop(), method, path, body)
        fresh = http.client.HTTPSConnection(self._host, self._port, timeout=30, context=self._tls)
        try:
            return self._over(fresh, method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise ConsoleError(
                f"Failed to connect to /{self._host}:{self._port}",
                java="java.net.ConnectException",
            ) from error

    def _over(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None
    ) -> tuple[int, bytes]:
        try:
            connection.request(method, path, body=body, headers=HEADERS)
            response = connection.getresponse()
            answer = response.status, response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        self._idle.append(connection)
        return answer
