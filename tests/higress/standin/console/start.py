"""What the console writes at its own start."""

from .kube import Kube
from .settings import Settings


def prepare(kube: Kube) -> None:
    """Bring the console's own ConfigMap up to date: two writes, the second for the dashboard."""
    settings = Settings(kube)
    settings.set("route.default.initialized", "true")
    settings.set("dashboard.builtin", "false")
