"""Logging in and out, and the one user's own matters."""

from email.utils import formatdate
from time import time
from typing import Any

from .auth import COOKIE
from .errors import AuthException, ValidationException
from .http import Reply, Request, RouteTable, created, done, envelope

routes = RouteTable()
MONTH = 2592000
LOGIN = {"username": str, "password": str, "autoLogin": bool}
GONE = (
    "Set-Cookie",
    f"{COOKIE}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:10 GMT; Path=/; HttpOnly",
)


@routes.post("/session/login", shape=LOGIN, anonymous=True)
def login(request: Request) -> Reply:
    """Give a session for a name and a password."""
    body = request.json()
    if not body["username"] or not body["password"]:
        raise ValidationException("Missing user name or password.")
    if not request.admin.login(body["username"], body["password"]):
        raise AuthException("Incorrect username or password")
    stay = ""
    if body["autoLogin"]:
        stay = f" Max-Age={MONTH}; Expires={formatdate(time() + MONTH, usegmt=True)};"
    cookie = f"{COOKIE}={request.admin.cookie()};{stay} Path=/; HttpOnly"
    return _with_cookie(created(request.admin.user()), ("Set-Cookie", cookie))


@routes.get("/session/logout")
def logout(_request: Request) -> Reply:
    """Take the cookie away, which revokes nothing."""
    return _with_cookie(done(), GONE)


@routes.get("/user/info")
def info(request: Request) -> Reply:
    """Show who is logged in."""
    return envelope(request.admin.user())


@routes.post("/user/changePassword", shape={"oldPassword": str, "newPassword": str})
def change_password(request: Request) -> Reply:
    """Set another password; sessions and Basic credentials with the old one end."""
    body: dict[str, Any] = request.json()
    if not body["oldPassword"]:
        raise ValidationException("Missing old password.")
    if not body["newPassword"]:
        raise ValidationException("Missing new password.")
    if not request.admin.login(request.admin.user()["name"], body["oldPassword"]):
        raise ValidationException("Incorrect old password.")
    request.admin.write({"adminPassword": body["newPassword"]})
    return _with_cookie(done(), GONE)


def _with_cookie(reply: Reply, header: tuple[str, str]) -> Reply:
    return Reply(status=reply.status, body=reply.body, headers=(header,))
