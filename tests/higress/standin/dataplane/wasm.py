"""WasmPlugins: the configuration each one gets, and the filter that stands in for it.

The filter's configuration is taken from a file of its own (ECDS). It is Lua; its text holds the
plugin's configuration, as the real one does. What the plugin would refuse becomes Lua that Envoy
refuses, so Envoy's own counter `update_rejected` rises and the last good one keeps serving.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from ..plugins.accept import refusal
from .objects import Json

LUA = Path(__file__).parent.parent / "plugins/lua"
RUN = Path("/dev/shm/standin")
"""Memory, where it is in pilot and Envoy, too: the container keeps no key."""

TYPE = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"
PHASES = ("AUTHN", "AUTHZ", "STATS", "")
ADDRESS = "http://localhost:8002/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One plugin as it shall run."""

    name: str
    kind: str
    phase: str
    priority: int
    fail_open: bool
    config: str
    refused: str

    @property
    def filter_name(self) -> str:
        """Return its filter's name in the listener."""
        return f"higress-system.{self.name}"

    @property
    def refusal(self) -> str:
        """Name this very refusal; empty for none."""
        return f"{self.digest} {self.refused}" if self.refused else ""

    @property
    def digest(self) -> str:
        """Name its configuration."""
        return hashlib.sha256(f"{self.kind}\n{self.config}".encode()).hexdigest()[:24]


def plugins(objects: Iterable[Json]) -> list[Plugin]:
    """Return the plugins that run, in the order of their filters."""
    found = [plugin for value in objects if (plugin := _plugin(value))]
    return sorted(
        found, key=lambda plugin: (PHASES.index(plugin.phase), -plugin.priority, plugin.name)
    )


def _plugin(value: Json) -> Plugin | None:
    spec = value.get("spec") or {}
    config = plugin_config(spec)
    url = str(spec.get("url") or "")
    if config is None or not url:
        return None
    kind = kind_of(value, url)
    phase = str(spec.get("phase") or "")
    return Plugin(
        name=value["metadata"]["name"],
        kind=kind,
        phase=phase if phase in PHASES else "",
        priority=int(spec.get("priority") or 0),
        fail_open=spec.get("failStrategy") != "FAIL_CLOSE",
        config=json.dumps(config, ensure_ascii=False, separators=(",", ":")),
        refused=_cannot_fetch(url) or refusal(kind, config),
    )


def kind_of(value: Json, url: str) -> str:
    """Tell which plugin it is, by the address of its file."""
    found = re.search(r"/plugins/([^/:]+)[/:]", url)
    labels = value["metadata"].get("labels") or {}
    return found[1] if found else str(labels.get("higress.io/wasm-plugin-name", ""))


def plugin_config(spec: Json) -> Json | None:
    """Return what the plugin gets to read; nothing when every part of it is disabled."""
    rules = []
    for rule in spec.get("matchRules") or []:
        if rule.get("configDisable"):
            continue
        match = {
            f"_match_{of}_": rule[key]
            for key, of in (("ingress", "route"), ("domain", "domain"), ("service", "service"))
            if rule.get(key)
        }
        rules.append({**(rule.get("config") or {}), **match})
    config = {} if spec.get("defaultConfigDisable") else dict(spec.get("defaultConfig") or {})
    if spec.get("defaultConfigDisable") and not rules:
        return None
    return config | ({"_rules_": rules} if rules else {})


_FETCHED: set[str] = set()


def _cannot_fetch(url: str) -> str:
    if url in _FETCHED:
        return ""
    if not url.startswith(ADDRESS):
        return f"cannot fetch Wasm module {url}: no registry is reachable"
    try:
        with urlopen(url, timeout=5) as answer:
            answer.read()
    except (URLError, OSError) as error:
        return f"cannot fetch Wasm module {url}: {error}"
    _FETCHED.add(url)
    return ""


def write_config(plugin: Plugin) -> None:
    """Leave the plugin's configuration where the plugin host finds it."""
    path = RUN / "configs" / f"{plugin.digest}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        temporary = path.with_suffix(".new")
        temporary.write_text(plugin.config)
        temporary.rename(path)


def filter_entry(plugin: Plugin) -> Json:
    """Return the entry of the filter chain."""
    return {
        "name": plugin.filter_name,
        "config_discovery": {
            "config_source": {
                "path_config_source": {
                    "path": str(config_path(plugin)),
                    "watched_directory": {"path": str(config_path(plugin).parent)},
                },
                "resource_api_version": "V3",
            },
            # A plugin that cannot start is skipped.
            "default_config": _lua("-- skipped"),
            "type_urls": [TYPE],
        },
    }


def config_path(plugin: Plugin) -> Path:
    """Return the file that the filter's configuration is read from."""
    return RUN / "ecds" / plugin.name / "config.json"


def resource(plugin: Plugin, refused: str = "") -> Json:
    """Return the filter's configuration; one that Envoy refuses when the plugin would."""
    words = refused or plugin.refused
    # Each configuration that is refused is a new one to Envoy, however alike the words are.
    config = _lua(f"{_poison(words)}\n-- {plugin.digest}\n" if words else _code(plugin))
    version = hashlib.sha256(json.dumps(config).encode()).hexdigest()[:16]
    return {
        "version_info": version,
        "resources": [
            {
                "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
                "name": plugin.filter_name,
                "typed_config": config,
            }
        ],
    }


def _poison(words: str) -> str:
    return f"error({lua_text(words)}, 0)"


def _code(plugin: Plugin) -> str:
    script = LUA / f"{plugin.kind}.lua"
    if not script.exists():
        return f"-- the stand-in has no {plugin.kind}"
    facts = (
        f"local PLUGIN = {lua_text(plugin.kind)}\nlocal CONFIG_ID = {lua_text(plugin.digest)}\n"
        f"local CONFIG = {_long(plugin.config)}\n"
    )
    shared = _SHARED.get(plugin.kind, ("common",))
    return facts + "".join((LUA / f"{name}.lua").read_text() for name in (*shared, plugin.kind))


_SHARED = {"ai-proxy": ("common", "json", "streams")}


def _lua(code: str) -> Json:
    return {"@type": TYPE, "default_source_code": {"inline_string": code}}


def lua_text(text: str) -> str:
    """Quote a text for Lua."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _long(text: str) -> str:
    level = "="
    while f"]{level}]" in text or text.endswith(f"]{level[:-1]}"):
        level += "="
    return f"[{level}[{text}]{level}]"
