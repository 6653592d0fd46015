"""Recorded requests sent again: what is the same on every run is compared, to the byte."""

import difflib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.higress.control_plane import DEFAULTS, FIXTURES, Answer, ControlPlane

RECORDINGS = FIXTURES / "recordings"
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.json"))
LEFT_OUT = ("(HTML left out)", "(the frontend's index.html)")
TIME = re.compile(r'"?\b20(?!00)\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\b"?')
RANDOM = re.compile(r"^  (iv|key): \S+$", re.MULTILINE)
COOKIE = re.compile(r"_hi_sess=[^;]+")
EXPIRES = re.compile(r"Expires=\w+, \d\d \w+ 20\d\d [\d:]+ GMT")
BAD = "a: [1"
PROXY = "wasmplugins/ai-proxy.internal.yaml"
BRIDGE = "mcpbridges/default.yaml"
BETWEEN: Mapping[tuple[str, int], Mapping[str, str | None]] = {
    ("malformed-files", 0): {PROXY: BAD},
    ("malformed-files", 8): {PROXY: "", "wasmplugins/zz.yaml": BAD},
    ("malformed-files", 11): {"wasmplugins/zz.yaml": None},
    ("malformed-files", 12): {"ingresses/zz.yaml": BAD},
    ("malformed-files", 14): {"ingresses/zz.yaml": None, "configmaps/zz.yaml": BAD},
    ("malformed-files", 16): {"configmaps/zz.yaml": None, BRIDGE: BAD},
    ("malformed-files", 19): {BRIDGE: None},
    ("malformed-files", 22): {PROXY: None},
}
"""What the recorder did to files before a request; an empty text puts back what was there first."""

TIDIED = {
    "providers-simple-types",
    "providers-zhipuai-qwen-claude",
    "providers-openai",
    "providers-azure-ollama-vllm",
    "providers-bedrock-vertex",
    "routes-errors",
    "routes-model-predicates",
}
"""Where everything that was made was deleted again before the next request, unseen."""


def steps(name: str) -> list[dict[str, Any]]:
    """Read the steps of one recording."""
    found: list[dict[str, Any]] = json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))
    return found


def fill(folder: Path, name: str) -> None:
    """Put into a folder what the store held before a recording's first request."""
    shutil.copytree(DEFAULTS, folder, dirs_exist_ok=True)
    seed = RECORDINGS / "seeds" / f"{name}.json"
    if seed.exists():
        change(folder, json.loads(seed.read_text("utf-8")))


def change(folder: Path, files: Mapping[str, str | None]) -> None:
    """Write files, and take away those whose content is None."""
    for path, content in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        if content is None:
            (folder / path).unlink(missing_ok=True)
        else:
            (folder / path).write_text(content, encoding="utf-8")


class Replay:
    """Sends the requests of one recording in order."""

    def __init__(self, plane: ControlPlane, name: str) -> None:
        """Remember what the files are before anything."""
        self._plane = plane
        self._name = name
        self._first = plane.files()
        self._cookies: dict[str, str] = {}

    def __call__(self, index: int, step: Mapping[str, Any]) -> list[str]:
        """Send one request; give what is not as recorded."""
        edits = BETWEEN.get((self._name, index), {})
        first = {path: self._first.get(path) for path in edits}
        change(
            self._plane.folder, {p: first[p] if text == "" else text for p, text in edits.items()}
        )
        before = self._plane.files()
        answer = self._send(step["request"])
        after = self._plane.files()
        changed = {
            path: after.get(path)
            for path in before.keys() | after.keys()
            if before.get(path) != after.get(path)
        }
        if self._name in TIDIED and answer.status == 201:
            name = quote(step["request"]["body"]["name"])
            self._plane.request("DELETE", f"{step['request']['path']}/{name}")
        return self._compare_answer(step["response"], answer) + compare_files(step, changed)

    def _send(self, request: Mapping[str, Any]) -> Answer:
        headers = dict(request["headers"])
        for recorded, real in self._cookies.items():
            if recorded in headers.get("Cookie", ""):
                headers["Cookie"] = headers["Cookie"].replace(recorded, real)
        body = request["body"]
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        return self._plane.raw(request["method"], request["path"], text, headers)

    def _compare_answer(self, recorded: Mapping[str, Any], answer: Answer) -> list[str]:
        wrong = []
        if recorded["status"] != answer.status:
            wrong.append(f"status {answer.status}, recorded {recorded['status']}")
        wrong += self._compare_headers(recorded["headers"], answer.headers)
        expected, got = recorded["body"], answer.body
        if isinstance(expected, str) and expected.endswith(LEFT_OUT):
            return wrong
        root = str(self._plane.folder)
        got = json.loads(json.dumps(got).replace(root, "/data"))
        if isinstance(got, dict) and "timestamp" in got:
            got, expected = ({**body, "timestamp": 0} for body in (got, expected))
        return wrong if got == expected else [*wrong, different("body", expected, got)]

    def _compare_headers(self, recorded: Mapping[str, str], given: Mapping[str, str]) -> list[str]:
        wrong = [
            f"{name} {given.get(name)}, recorded {recorded.get(name)}"
            for name in ("Content-Type",)
            if recorded.get(name) != given.get(name)
        ]
        cookies = [headers.get("Set-Cookie", "") for headers in (recorded, given)]
        old, new = (COOKIE.search(cookie) for cookie in cookies)
        if old and new:
            self._cookies[old.group()] = new.group()
        shapes = [EXPIRES.sub("Expires", COOKIE.sub("_hi_sess=…", text)) for text in cookies]
        return wrong if shapes[0] == shapes[1] else [*wrong, f"cookies {shapes}"]


def compare_files(step: Mapping[str, Any], changed: Mapping[str, str | None]) -> list[str]:
    """Give the files whose content after a request is not the recorded one."""
    recorded: dict[str, str | None] = step["files"]
    extra = sorted(changed.keys() - recorded.keys())
    wrong = []
    if len(extra) != step.get("files_left_out", 0):
        wrong.append(f"changed besides: {extra}, of which {step.get('files_left_out', 0)} is right")
    for path, content in recorded.items():
        expected, got = stable(content), stable(changed.get(path, "(not changed)"))
        if expected != got:
            wrong.append(different(path, expected, got))
    return wrong


def stable(content: str | None) -> str | None:
    """Give a file's text without what differs on every run."""
    return None if content is None else RANDOM.sub(r"  \1: …", TIME.sub("…", content))


def different(what: str, expected: object, got: object) -> str:
    """Show what differs in something."""

    def text(value: object) -> list[str]:
        shown = value if isinstance(value, str) else json.dumps(value, indent=1, sort_keys=True)
        return shown.splitlines()

    lines = difflib.unified_diff(text(expected), text(got), "recorded", "ours", n=2, lineterm="")
    return "\n".join([what, *lines])
