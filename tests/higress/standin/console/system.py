"""The console itself: its version, its settings, the first admin, the gateway's global config."""

from .errors import IllegalState, ValidationException
from .higress_config import read_config, write_config
from .http import Reply, Request, RouteTable, done, envelope
from .settings import INITIALIZED, Settings

routes = RouteTable()
USER = {"name": str, "displayName": str, "password": str, "avatarUrl": str}


@routes.get("/system/info", anonymous=True)
def info(_request: Request) -> Reply:
    """Say which console this is, without an envelope."""
    return Reply(body={"version": "2.2.4", "capabilities": ["config.ingress.v1"]})


@routes.get("/system/config", anonymous=True)
def config(request: Request) -> Reply:
    """Show the settings; they come from the store, so this tells whether it answers."""
    return envelope(Settings(request.kube).all())


@routes.post("/system/init", shape={"adminUser": USER, "configs": dict}, anonymous=True)
def init(request: Request) -> Reply:
    """Make the first caller the admin."""
    body = request.json()
    user = body["adminUser"]
    if user is None:
        raise ValidationException("Missing adminUser.")
    if not all((user[name] or "").strip() for name in ("name", "displayName", "password")):
        raise ValidationException("Incomplete adminUser object.")
    if request.admin.initialized():
        raise IllegalState("System already initialized.")
    request.admin.write(
        {
            "adminUsername": user["name"],
            "adminPassword": user["password"],
            "adminDisplayName": user["displayName"],
        }
    )
    settings = Settings(request.kube)
    configs = {key: str(value) for key, value in (body["configs"] or {}).items()}
    settings.write({**configs, INITIALIZED: "true"})
    return done()


@routes.get("/system/higress-config")
def higress_config(request: Request) -> Reply:
    """Show the gateway's global config as YAML text."""
    return envelope(read_config(request.kube))


@routes.put("/system/higress-config", shape={"config": str})
def set_higress_config(request: Request) -> Reply:
    """Write it, if the version in the text is the stored one; this PUT has an envelope."""
    return envelope(write_config(request.kube, request.json()["config"]))


@routes.get("/dashboard/info")
def dashboard(_request: Request) -> Reply:
    """Say that there is no dashboard."""
    return envelope({"builtIn": False, "uid": None, "url": None})
