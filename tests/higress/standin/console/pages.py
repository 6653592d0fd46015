"""What the console serves besides its API: liveness, the landing page, the frontend."""

from .errors import IllegalState, SpringError
from .http import Reply, Request, RouteTable

routes = RouteTable()
LATIN = "charset=ISO-8859-1"
LANDING = (
    "<!DOCTYPE html>\n<html>\n<head>\n  <title>Welcome to Higress!</title>\n</head>\n</html>\n"
)
API = ("/v1/", "/system/", "/session/", "/user/", "/dashboard/")


@routes.get("/healthz/ready", anonymous=True)
def ready(_request: Request) -> Reply:
    """Say that the console listens, whatever became of the API server."""
    return Reply(body="ok", content_type=f"text/plain;{LATIN}")


@routes.get("/landing", anonymous=True)
def landing(_request: Request) -> Reply:
    """Show the page that the default route leads to."""
    return Reply(body=LANDING, content_type=f"text/html;{LATIN}")


@routes.get("/aiproxy/**")
def assistant(_request: Request) -> Reply:
    """Refuse: the console's own assistant is never set up."""
    raise IllegalState("No valid service info is available for proxying.")


def frontend(request: Request) -> Reply:
    """Answer every other path with the frontend, except where the API is."""
    if request.path.startswith(API):
        raise SpringError(404, "Not Found")
    return Reply(body="<!doctype html>\n<html></html>\n", content_type="text/html")
