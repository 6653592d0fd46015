"""Watch the store and give Envoy what follows from it, in files."""

import json
import os
import threading
import time
import traceback
import urllib.request
from pathlib import Path

from .. import debug_pages
from ..pace import PUSH_SECONDS, is_open
from ..ports import ADMIN, APISERVER, HTTP, PILOT, PILOT_DEBUG, PLUGIN_HOST
from ..settings import mesh_file, port
from .clusters import clusters
from .holding import hold
from .listener import ROUTER, Downstream, Mesh, bootstrap, discovery, listener
from .objects import QUIET, Json, Store
from .patches import added_clusters, ordered, patched_filters, patched_hosts
from .routes import virtual_hosts
from .wasm import RUN, Plugin, config_path, filter_entry, plugins, resource, write_config

DATA = Path(os.environ.get("STANDIN_DATA", "/data"))
CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
ROUTES = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
TOGETHER = "refused together with another plugin"


def write(path: Path, value: Json) -> bool:
    """Replace a file in one step; tell whether that changed anything."""
    text = json.dumps(value)
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent.parent / f".{path.parent.name}.new"
    temporary.write_text(text)
    temporary.rename(path)
    return True


class Pilot:
    """What was given to Envoy, and how to bring it up to date."""

    def __init__(self) -> None:
        self.store = Store(root=DATA)
        self.port = port("GATEWAY_HTTP_PORT", HTTP)
        self.mesh = Mesh.parse(mesh_file().read_text())
        self.good: set[str] = set()
        self.found: list[Plugin] = []
        self.refused: dict[str, str] = {}
        self.handled: dict[str, str] = {}

    def follow(self) -> None:
        """Bring Envoy up to date; what cannot be understood leaves it as it is."""
        try:
            self.apply()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            traceback.print_exc()

    def apply(self) -> None:
        """Write what follows from the store, clusters before routes before the listener."""
        found = plugins(self.store.all("wasmplugins"))
        patches = ordered(self.store.all("envoyfilters"))
        settings = self._settings()
        registries = (self.store.get("mcpbridges", "default").get("spec") or {}).get("registries")
        made = clusters(
            registries or [],
            refresh=self.mesh.dns_refresh,
            buffer=settings.upstream_buffer,
            idle=settings.upstream_idle,
        )
        typed = [{"@type": CLUSTER, **cluster} for cluster in [*made, *added_clusters(patches)]]
        names = [plugin.filter_name for plugin in found]
        hosts = patched_hosts(virtual_hosts(self.store.all("ingresses"), self.port, names), patches)
        self._write_plugins(found)
        write(RUN / "cds/config.json", discovery(typed))
        table = {"@type": ROUTES, "name": f"http.{self.port}", "virtual_hosts": hosts,
                 "max_direct_response_body_size_bytes": 1048576}  # fmt: skip
        write(RUN / "rds/config.json", discovery([table]))
        filters = patched_filters([*map(filter_entry, found), ROUTER], patches)
        wanted = bool(hosts) and not self._is_closed(found)
        listeners = [listener(self.port, filters, self.mesh, settings)] if wanted else []
        write(RUN / "lds/config.json", discovery(listeners))
        self._tell(found)

    def _settings(self) -> Downstream:
        data = self.store.get("configmaps", "higress-config").get("data") or {}
        return Downstream.parse(str(data.get("higress") or ""))

    def _write_plugins(self, found: list[Plugin]) -> None:
        for plugin in found:
            if not plugin.refused:
                write_config(plugin)
            write(config_path(plugin), resource(plugin))

    def _tell(self, found: list[Plugin]) -> None:
        """Say in the gateway's log what is newly refused."""
        self.found = found
        before, self.refused = self.refused, {one.name: one.refusal for one in found if one.refused}
        for plugin in found:
            if plugin.refused and before.get(plugin.name) != plugin.refusal:
                words = f"[{plugin.kind}] parse rule config failed: {plugin.refused}"
                tell_gateway(f"wasm log: {words}")

    def _is_closed(self, found: list[Plugin]) -> bool:
        """Tell whether a plugin that may not be skipped never started."""
        self.good |= {plugin.name for plugin in found if not plugin.refused}
        return any(
            plugin.refused and not plugin.fail_open and plugin.name not in self.good
            for plugin in found
        )

    def refuse_together(self) -> None:
        """Refuse all plugins once when one is refused: the real answer carries them all."""
        new = [plugin for plugin in self.found if self._is_new(plugin)]
        others = [plugin for plugin in self.found if not plugin.refused]
        self.handled = {name: self.handled[name] for name in self.handled if name in self.refused}
        if not new or not _until_rejected(new):
            return
        self.handled |= {plugin.name: plugin.refusal for plugin in new}
        before = {plugin.name: _rejected(plugin) for plugin in others}
        for plugin in others:
            write(config_path(plugin), resource(plugin, TOGETHER))
        _until_rejected(others, before)
        for plugin in others:
            write(config_path(plugin), resource(plugin))

    def _is_new(self, plugin: Plugin) -> bool:
        return bool(plugin.refused) and self.handled.get(plugin.name) != plugin.refusal


def _rejected(plugin: Plugin) -> int:
    """Read Envoy's own counter."""
    name = f"extension_config_discovery.http_filter.{plugin.filter_name}.update_rejected"
    try:
        address = f"http://127.0.0.1:{ADMIN}/stats?filter=^{name}$&format=json"
        with urllib.request.urlopen(address, timeout=2) as answer:
            found = json.load(answer)["stats"]
    except (OSError, ValueError):
        return -1
    return int(found[0]["value"]) if found else 0


def _until_rejected(found: list[Plugin], before: dict[str, int] | None = None) -> bool:
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        if all(_rejected(plugin) > (before or {}).get(plugin.name, 0) for plugin in found):
            return True
        time.sleep(0.02)
    return False


def tell_gateway(words: str) -> None:
    """Say something in the gateway's own log, as a plugin does."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    with Path("/var/log/higress/gateway.log").open("a") as log:
        log.write(f"{stamp}\terror\tenvoy wasm\t{words}\n")


def main() -> None:
    """Write the first configuration, then follow the store."""
    pilot = Pilot()
    RUN.mkdir(parents=True, exist_ok=True)
    (RUN / "bootstrap.json").write_text(json.dumps(bootstrap(PLUGIN_HOST, ADMIN)))
    pilot.store.look()
    while pilot.store.differs():
        time.sleep(QUIET)
        pilot.store.look()
    pilot.follow()
    pages = debug_pages.serve(DATA, PILOT_DEBUG)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    threading.Thread(target=hold, args=(PILOT,), daemon=True).start()
    settled = time.monotonic()
    while True:
        began = time.monotonic()
        changed = pilot.store.differs()
        settled = settled if changed else began
        # A large store is looked at less often: a tenth of a processor is enough.
        time.sleep(max(0.1, 10 * (time.monotonic() - began)))
        # Without the API server nobody hears of a change.
        hurry = began - settled > PUSH_SECONDS
        if changed and is_open(APISERVER) and pilot.store.look(hurry=hurry):
            pilot.follow()
            settled = began
        pilot.refuse_together()


if __name__ == "__main__":
    main()
