"""What the real console made of the folders that the upstream script leaves behind, done again."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.higress import diffs
from tests.higress.control_plane import DEFAULTS, FIXTURES, ControlPlane
from tests.higress.replay import different

RECORDED = FIXTURES / "recordings" / "golden"
NAMES = sorted(path.stem for path in RECORDED.glob("*.json"))
ADMIN = {"name": "admin", "displayName": "Admin", "password": "made-up-pass"}
SOURCES = "service-sources"
PAGES = {
    "providers": "/v1/ai/providers",
    "routes": "/v1/ai/routes",
    SOURCES: "/v1/service-sources",
    "consumers": "/v1/consumers",
    "plugin-instances": "/v1/global/plugin-instances",
    "plain-routes": "/v1/routes",
}
INSTANCE = "/v1/global/plugin-instances/"
STATISTICS = {"enabled": True, "configurations": {"use_default_attributes": True}}
TYPED = {"id", "type", "apiTokens"}
Report = dict[str, Any]


def recorded(name: str) -> Report:
    """Read what was recorded of one folder."""
    found: Report = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    return found


def fill(folder: Path, name: str) -> None:
    """Put a folder of the script over the container's default files."""
    shutil.copytree(DEFAULTS, folder, dirs_exist_ok=True)
    shutil.copytree(FIXTURES / "golden" / name / "data", folder, dirs_exist_ok=True)


class Golden:
    """Does with one folder what was done when it was recorded, and tells what is not the same."""

    def __init__(self, plane: ControlPlane, report: Report) -> None:
        """Take the folder's files as they are now for the start."""
        self._plane = plane
        self._report = report

    def differences(self, started: Mapping[str, str]) -> Iterator[str]:
        """Go through everything in order; `started` is what the files were before the console."""
        yield from self._changed("console_start_writes", started)
        body = {"adminUser": ADMIN, "configs": {}}
        yield from self._same("init", self._plane.request("POST", "/system/init", body).status)
        yield from self._shown()
        yield from self._edited()
        yield from self._sent_back()
        yield from self._deleted()

    def _same(self, key: str, got: object) -> Iterator[str]:
        if key in self._report and self._report[key] != got:
            yield different(key, self._report[key], got)

    def _changed(self, key: str, before: Mapping[str, str]) -> Iterator[str]:
        """Compare what a request changed with a diff, or with a list of files."""
        expected = self._report[key]
        expected = expected.get("diff", expected.get("files_changed", expected))
        after = self._plane.files()
        if isinstance(expected, dict):
            yield from (f"{key}: {text}" for text in diffs.compare(expected, before, after))
        elif expected != changed_files(before, after):
            yield different(key, expected, changed_files(before, after))

    def _data(self, page: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._plane.request("GET", PAGES[page]).body["data"]
        return found

    def _shown(self) -> Iterator[str]:
        statuses = {key: self._plane.request("GET", path).status for key, path in PAGES.items()}
        yield from self._same("get_status", statuses)
        for page, short in (("providers", _provider), ("routes", _route), (SOURCES, _source)):
            shown, key = self._data(page), page.replace("-", "_")
            whole = isinstance(self._report[key], list)
            found = shown if whole else {one["name"]: short(one) for one in shown}
            yield from self._same(key, found)
        yield from self._same("consumers", self._data("consumers"))
        yield from self._same("global_plugin_instances", self._data("plugin-instances"))
        instances = {
            name: self._plane.request("GET", INSTANCE + name).body
            for name in self._report.get("plugin_instance_get", {})
        }
        yield from self._same("plugin_instance_get", instances)

    def _edited(self) -> Iterator[str]:
        """Change keys, and the statistics, as far as that was done with this folder."""
        for key, name in (("edit", "aliyun"), ("edit_openai_token", "openai")):
            if key in self._report:
                path = f"{PAGES['providers']}/{name}"
                provider = self._plane.request("GET", path).body["data"]
                sent = {**provider, "tokens": ["sk-made-up-new"]}
                yield from self._written(key, path, sent)
        if "put_ai_statistics" in self._report:
            yield from self._written("put_ai_statistics", f"{INSTANCE}ai-statistics", STATISTICS)

    def _written(self, key: str, path: str, sent: object) -> Iterator[str]:
        before = self._plane.files()
        answer = self._plane.request("PUT", path, sent)
        expected = self._report[key]
        if answer.status != expected["status"]:
            yield f"{key}: status {answer.status}"
        if expected.get("response") not in (None, answer.body):
            yield different(key, expected["response"], answer.body)
        yield from self._changed(key, before)

    def _sent_back(self) -> Iterator[str]:
        """Send every provider and every route back as it was shown."""
        failures: dict[str, list[Any]] = {}
        for provider in self._data("providers"):
            self._send_back("providers", provider, failures)
        yield from self._same(
            "provider_round_trip_failures", {name: found[:2] for name, found in failures.items()}
        )
        failures = {}
        first = self._report["first_route_round_trip"]["name"]
        for route in self._data("routes"):
            before = self._plane.files()
            self._send_back("routes", route, failures)
            if route["name"] == first:
                yield from self._changed("first_route_round_trip", before)
        yield from self._same("route_round_trip_failures", failures)

    def _send_back(self, page: str, one: dict[str, Any], failures: dict[str, list[Any]]) -> None:
        before = self._plane.files()
        answer = self._plane.request("PUT", f"{PAGES[page]}/{one['name']}", one)
        if answer.status != 200:
            files = changed_files(before, self._plane.files())
            failures[one["name"]] = [answer.status, answer.body["message"], files]

    def _deleted(self) -> Iterator[str]:
        for key in ("delete_azure", "delete_ollama"):
            if key in self._report:
                before = self._plane.files()
                name = key.removeprefix("delete_")
                answer = self._plane.request("DELETE", f"{PAGES['providers']}/{name}")
                files = changed_files(before, self._plane.files())
                yield from self._same(key, [answer.status, answer.body, files])


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Name the files that are not what they were."""
    paths = before.keys() | after.keys()
    return sorted(path for path in paths if before.get(path) != after.get(path))


def _provider(one: Mapping[str, Any]) -> dict[str, Any]:
    extra = {key: value for key, value in one["rawConfigs"].items() if key not in TYPED}
    return {"type": one["type"], "tokens": one["tokens"], "extra": extra}


def _route(one: Mapping[str, Any]) -> dict[str, Any]:
    upstreams = [[item["provider"], item["weight"]] for item in one["upstreams"]]
    predicates = [[item["matchType"], item["matchValue"]] for item in one["modelPredicates"]]
    return {"version": one["version"], "upstreams": upstreams, "modelPredicates": predicates}


def _source(one: Mapping[str, Any]) -> list[Any]:
    return [one["type"], one["domain"], one["port"], one["protocol"]]
