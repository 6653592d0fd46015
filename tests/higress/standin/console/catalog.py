"""The built-in plugins: what the console shows of them and writes into their resources."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

from .kube import Kube, Object

LABEL = "higress.io/wasm-plugin-"
INTERNAL = ".internal"
_DATA = yaml.safe_load(Path(__file__).with_name("builtin_plugins.yaml").read_text("utf-8"))


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One plugin; `url` is None for one that somebody added, which has its own resource."""

    name: str
    version: str
    category: str
    title: str
    description: str
    icon: str
    url: str
    phase: str
    priority: int
    covered: bool = False

    def resource(self, *, internal: bool) -> Object:
        """Make the plugin's resource, without any configuration yet."""
        name = self.name + (INTERNAL if internal else f"-{self.version}")
        return {
            "metadata": {
                "name": name,
                "labels": self._labels(),
                "annotations": {
                    f"{LABEL}title": self.title,
                    f"{LABEL}description": self.description,
                    f"{LABEL}icon": self.icon,
                },
            },
            "spec": self._spec(),
        }

    def _labels(self) -> dict[str, str]:
        return {
            f"{LABEL}name": self.name,
            f"{LABEL}version": self.version,
            f"{LABEL}category": self.category,
            f"{LABEL}built-in": "true",
        }

    def _spec(self) -> Object:
        spec = {"url": self.url, "priority": self.priority, "defaultConfigDisable": True}
        return spec if self.phase == DEFAULT_PHASE else {**spec, "phase": self.phase}

    def view(self) -> dict[str, Any]:
        """Show the plugin as `/v1/wasm-plugins` does."""
        return {
            "name": self.name,
            "pluginVersion": self.version,
            "version": None,
            "category": self.category,
            "title": self.title,
            "description": self.description,
            "builtIn": True,
            "productCovered": self.covered,
            "icon": self.icon,
            "readmeUrl": Template(_DATA["readme"]).substitute(name=self.name),
            "imageRepository": self.url,
            "imageVersion": None,
            "imagePullPolicy": None,
            "imagePullSecret": None,
            "phase": self.phase,
            "priority": self.priority,
        }


DEFAULT_PHASE = "UNSPECIFIED_PHASE"


def _plugin(name: str, about: Mapping[str, Any]) -> Plugin:
    pattern = os.environ.get("HIGRESS_ADMIN_WASM_PLUGIN_CUSTOM_IMAGE_URL_PATTERN", _DATA["url"])
    return Plugin(
        name=name,
        url=Template(pattern).substitute(name=name, version=about["version"]),
        icon=_DATA["icons"][about["category"]],
        **{"phase": DEFAULT_PHASE, **about},
    )


PLUGINS = {name: _plugin(name, about) for name, about in sorted(_DATA["plugins"].items())}


def resources(kube: Kube, plugin: str | None = None, version: str | None = None) -> list[Object]:
    """Read the resources of the console's making, of one plugin or of all, in order of name."""
    labels = {"higress.io/resource-definer": "higress"}
    labels |= {f"{LABEL}name": plugin} if plugin else {}
    labels |= {f"{LABEL}version": version} if version else {}
    return sorted(kube.list("wasmplugins", labels), key=lambda item: item["metadata"]["name"])


def is_internal(resource: Object) -> bool:
    """Tell whether the console keeps a resource for itself, which its name alone says."""
    return bool(resource["metadata"]["name"].endswith(INTERNAL))
