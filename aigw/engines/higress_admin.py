"""Envoy's admin interface inside a Higress container, and what its other parts say."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from aigw.clients.containers import Attended
from aigw.errors import AigwError, NotReady
from aigw.rendering.higress import BUILT_IN
from aigw.spec.secret import Secret

_ADMIN = "http://127.0.0.1:15000"
_API_SERVER = "https://127.0.0.1:18443/"
_ASK = ("curl", "-sS", "-m", "5")
_SECONDS = 15.0
_REFUSED, _ACCEPTED = "update_rejected", "update_success"
_REFUSALS = rf"/stats?format=json&filter={_REFUSED}$"
_SILENT = "Envoy does not say what it has in force"
_BETWEEN = "\x1e"  # a control character, which stands in no JSON
_UNFINISHED = r"^http\..*\.downstream_rq_active$"
_PROVIDERS = "ai-proxy.internal"
_PLUGIN = "http://127.0.0.1:8002/plugins/{}/{}/plugin.wasm"
_PLUGINS = ("ai-proxy", "model-router", "ai-statistics")
VERSIONS = (BUILT_IN, "1.0.0")
"""Of the plugins, the one that the console itself writes first."""

EDGE = ("aigw.in", "aigw.out", "aigw.guard")
"""Our filters; `aigw.out2` and `aigw.key2` stand there under the other name of a neighbour."""

PROXY = 'ai-proxy.internal"'
"""How its plugin's filter is called, whatever stands before: without providers there is none."""


class InForce(Struct, frozen=True, kw_only=True):
    """What Envoy has in force: its listeners and routes, and the texts of its plugins.

    `texts` is those of ai-proxy alone; both are empty where this Envoy does not show its filters.
    `clusters` are the addresses of every place that requests can be sent to, by its name; `refused`
    says how often each kind of configuration was refused.
    """

    listeners: str
    routes: str
    plugins: str
    texts: str
    clusters: Mapping[str, frozenset[str]]
    refused: Mapping[str, int]

    def serves(self, generation: str, routes: Mapping[str, bool]) -> bool:
        """Say whether a route carries this generation; `routes` says which are there, or gone."""
        found = (f'{name}"' in self.routes for name in routes)
        return generation in self.routes and [*found] == [*routes.values()]

    @property
    def unguarded(self) -> str:
        """Name the filter of ours that the listener lacks; a patch without a place is skipped."""
        key = ("aigw.key",) if PROXY in self.listeners else ()
        return next((name for name in (*EDGE, *key) if f'"{name}' not in self.listeners), "")

    def missing(self, keys: Iterable[Secret]) -> bool:
        """Say whether one of the keys is not in the filter that puts it into requests."""
        return bool(self.texts) and not all(key.stands_in(self.texts) for key in keys)

    def lacks(self, texts: Iterable[str]) -> bool:
        """Say whether one of the texts is in no plugin."""
        return bool(self.plugins) and not all(Secret(one).stands_in(self.plugins) for one in texts)


def in_store(docker: Attended, name: str, script: str, paths: Iterable[str]) -> None:
    """Run a script over paths of the store in a container; one that does not run needs none."""
    with suppress(AigwError):
        docker.run(name, ("sh", "-c", f"cd /data && {script}", "sh", *paths), seconds=_SECONDS)


class Admin:
    """The inside of one running container; every method raises NotReady when it is silent."""

    def __init__(self, docker: Attended, name: str) -> None:
        self._docker = docker
        self._name = name

    def api_server_answers(self) -> bool:
        """Say whether the API server of the file store is there."""
        command = (*_ASK, "-k", "-o", "/dev/null", _API_SERVER)
        return self._docker.run(self._name, command, seconds=_SECONDS).code == 0

    def plugin_version(self) -> str:
        """Return the version in which the container has all plugins; empty when there is none."""
        for version in VERSIONS:
            urls = (_PLUGIN.format(plugin, version) for plugin in _PLUGINS)
            asked = (part for url in urls for part in ("-o", "/dev/null", url))
            command = (*_ASK, "-f", "--fail-early", "-I", *asked)
            if self._docker.run(self._name, command, seconds=_SECONDS).code == 0:
                return version
        return ""

    def refusals(self) -> Mapping[str, int]:
        """Return how often each kind of configuration was refused; nothing for never."""
        return _counts(*self._get(_REFUSALS))

    def accepted(self) -> Mapping[str, int]:
        """Return how often each kind was accepted, by the name of the counter of its refusals."""
        counts = _counts(*self._get(f"/stats?format=json&filter={_ACCEPTED}$"))
        return {name.replace(_ACCEPTED, _REFUSED): count for name, count in counts.items()}

    def unfinished(self) -> int:
        """Count the requests that are not answered yet."""
        counts = _counts(*self._get(f"/stats?format=json&filter={_UNFINISHED}"))
        return sum(count for name, count in counts.items() if not name.startswith("http.admin"))

    def drain(self) -> None:
        """Take no more connections; running requests go on."""
        self._ask("-X", "POST", f"{_ADMIN}/drain_listeners?graceful")

    def in_force(self) -> InForce:
        """Return what serves; it holds keys and is shown to nobody."""
        # At once: to run a command in a container takes longer than all the answers.
        stats, dump, clusters = self._get(_REFUSALS, "/config_dump", "/clusters?format=json")
        configs = dump.get("configs", [])
        listeners = [one for one in configs if _kind(one) == "ListenersConfigDump"]
        routes = [one for one in configs if _kind(one) == "RoutesConfigDump"]
        filters = [one for one in configs if _kind(one) == "EcdsConfigDump"]
        plugins = {name: "\n".join(_texts(one)) for name, one in _filters(filters)}
        return InForce(
            listeners=json.dumps(listeners),
            routes=json.dumps(routes),
            plugins="\n".join(plugins.values()),
            texts="\n".join(text for name, text in plugins.items() if name.endswith(_PROVIDERS)),
            clusters={
                str(one.get("name")): frozenset(map(_address, one.get("host_statuses", [])))
                for one in clusters.get("cluster_statuses", [])
            },
            refused=_counts(stats),
        )

    def _get(self, *targets: str) -> list[dict[str, Any]]:
        """Return what Envoy's admin interface answers to each, as JSON."""
        said = self._ask("-w", _BETWEEN, *(f"{_ADMIN}{target}" for target in targets))
        texts = said.split(_BETWEEN)[: len(targets)]
        try:
            pages = [msgspec.json.decode(text, type=dict[str, Any]) for text in texts]
        except ValueError as error:
            raise NotReady(_SILENT) from error
        if len(pages) < len(targets):
            raise NotReady(_SILENT)
        return pages

    def _ask(self, *arguments: str) -> str:
        ran = self._docker.run(self._name, (*_ASK, *arguments), seconds=_SECONDS)
        if ran.code:
            raise NotReady("Envoy does not answer inside the container")
        return ran.out.decode("utf-8", errors="replace")


def _counts(stats: Mapping[str, Any]) -> dict[str, int]:
    """Return the counters that are not zero; what has no name is a histogram."""
    listed = stats.get("stats", [])
    return {one["name"]: one["value"] for one in listed if "name" in one and one.get("value")}


def _kind(config: Mapping[str, object]) -> str:
    return str(config.get("@type", "")).rpartition(".")[2]


def _filters(dumps: Iterable[Mapping[str, object]]) -> Iterator[tuple[str, object]]:
    for dump in dumps:
        listed = dump.get("ecds_filters")
        for one in listed if isinstance(listed, list) else []:
            inner = one.get("ecds_filter", {})
            yield str(inner.get("name", "")), inner


def _address(host: Mapping[str, Any]) -> str:
    found = host.get("address", {}).get("socket_address", {})
    return f"{found.get('address')}:{found.get('port_value')}"


def _texts(tree: object) -> Iterator[str]:
    match tree:
        case str():
            yield tree
        case dict():
            for child in tree.values():
                yield from _texts(child)
        case list():
            for child in tree:
                yield from _texts(child)
        case _:
            return
