"""The Higress engine on the stand-in image of the tests: commands, rendering, import.

`AIGW_BENCH_SCRIPT` names a `get-ai-gateway.sh`, which then does the same on the same image.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from typing import Any

import docker

from aigw.rendering.higress import HigressSettings, render
from aigw.spec.reading import parse
from aigw.spec.secret import Secret
from bench.world import ROOT, aigw, aigw_verbose, free_port
from tests.higress import image

GOLDEN = ROOT / "tests" / "fixtures" / "higress" / "golden"
LARGEST = GOLDEN / "20-all-providers-env"
ROUTED = GOLDEN / "13-auto-routing"
WAITED = re.compile(r"waited ([0-9.]+) s for the console, ([0-9.]+) for the effect")
PROVIDERS = 32
DEEPSEEK = "deepseek"


def run(*, runs: int) -> dict[str, object]:
    """Measure everything; each figure is a median in milliseconds."""
    script = os.environ.get("AIGW_BENCH_SCRIPT", "")
    few = max(3, runs // 3)
    nothing = [sys.executable, "-c", "pass"]
    return {
        "python -c pass": _median(_lasts(nothing) for _ in range(runs)),
        "start": _start(runs=few),
        **_changes(runs=runs),
        f"render {PROVIDERS} providers": _median(_rendering() for _ in range(runs)),
        "import": _median(_import() for _ in range(few)),
        **({"script": _script(Path(script), runs=few)} if script else {}),
    }


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="aigw-bench-") as name:
        home = Path(name) / "home"
        try:
            yield home
        finally:
            if home.exists():
                aigw(home, "-g", "aigw-bench", "delete", "--purge", "--yes")


def _arguments(port: int) -> list[str]:
    repository, _, tag = image.standin().rpartition(":")
    chosen = ("--image-repo", repository, "--image-tag", tag, "--pull", "never")
    ports = ("--http-port", port, "--https-port", free_port(), "--console-port", free_port())
    start = ("-g", "aigw-bench", "start", "--non-interactive", "--engine", "higress")
    return [*start, *chosen, *map(str, ports), "--openai-key", "sk-bench-0123456789"]


def _start(*, runs: int) -> dict[str, float]:
    """Time `start`, and how long after the engine's first good answer it returned."""
    whole, after = [], []
    for _ in range(runs):
        with _home() as home:
            port = free_port()
            arguments, answered = _arguments(port), threading.Event()
            first: list[float] = []
            watch = threading.Thread(target=_watch, args=(port, first, answered), daemon=True)
            watch.start()
            begun = time.perf_counter()
            aigw(home, *arguments)
            ended = time.perf_counter()
            answered.set()
            watch.join()
            whole.append(ended - begun)
            after.append(ended - first[0])
    return {"whole_ms": _median(whole), "after_first_answer_ms": _median(after)}


def _watch(port: int, first: list[float], stop: threading.Event) -> None:
    while not stop.is_set() and not first:
        connection = HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().headers.get("x-aigw-generation"):
                first.append(time.perf_counter())
        except (OSError, HTTPException):
            time.sleep(0.01)
        finally:
            connection.close()


def _changes(*, runs: int) -> dict[str, object]:
    with _home() as home:
        aigw(home, *_arguments(free_port()))
        here = ("-g", "aigw-bench")
        listed = [_timed(home, *here, "config", "list") for _ in range(runs)]
        add = (*here, "-v", "config", "add", "--provider", "openai", "--no-check", "--key")
        rule = (*here, "-v", "route", "add", "--model", "gpt-4o", "--trigger")
        aigw(home, *here, "route", "default", "gpt-4o")
        new = [DEEPSEEK if word == "openai" else word for word in (*add, "sk-bench-0123456789")]
        gone = (*here, "config", "remove", "--provider", DEEPSEEK)
        return {
            "config list": _median(listed),
            "config add": _split(home, [(*add, f"sk-bench-{n:020d}") for n in range(runs)]),
            "config add, a new provider": _split(home, [new] * runs, back=gone),
            "route add": _split(home, [(*rule, f"word number {n}") for n in range(runs)]),
        }


def _split(
    home: Path, commands: Sequence[Sequence[str]], *, back: Sequence[str] = ()
) -> dict[str, float]:
    """Time changes: the whole, the waits for the console and the effect, and what is ours.

    `back` undoes each, and is not timed.
    """
    whole, console, effect = [], [], []
    for command in commands:
        begun = time.perf_counter()
        said = aigw_verbose(home, *command)
        whole.append(time.perf_counter() - begun)
        found = WAITED.search(said)
        assert found, said
        console.append(float(found[1]))
        effect.append(float(found[2]))
        if back:
            aigw(home, *back)
    own = [w - c - e for w, c, e in zip(whole, console, effect, strict=True)]
    return {
        "whole_ms": _median(whole),
        "console_ms": _median(console),
        "effect_ms": _median(effect),
        "own_ms": _median(own),
    }


def _rendering() -> float:
    providers = [
        {
            "id": f"p{number}",
            "type": "custom-openai",
            "url": f"https://p{number}.example.com/v1",
            "models": [f"m{number}-*", f"exact-{number}"],
            "keys": ["store"],
        }
        for number in range(PROVIDERS)
    ]
    spec = parse({"apiVersion": "aigw/v1", "providers": providers}, source="bench")
    ring = {provider.id: (Secret("sk-bench"),) for provider in spec.providers}
    settings = HigressSettings(defaults={}, password=Secret("bench"))
    begun = time.perf_counter()
    render(spec, ring, settings, generation="0123456789ab")
    return time.perf_counter() - begun


def _import() -> float:
    with _home() as home, tempfile.TemporaryDirectory(prefix="aigw-bench-") as name:
        folder = Path(name) / "higress"
        shutil.copytree(LARGEST / "data", folder)
        return _timed(home, "-g", "aigw-bench", "import", str(folder), "--yes")


def _script(script: Path, *, runs: int) -> dict[str, float]:
    """Time the old script, on a folder as it is once its template has filled it.

    The image listens on the same ports inside, so these have to be free here. The script says
    that all went well at the end of each command, whether it did or not.
    """
    repository, _, tag = image.standin().rpartition(":")
    name = "aigw-bench-script"
    with tempfile.TemporaryDirectory(prefix="aigw-bench-") as folder:
        data = Path(folder) / "higress"
        shutil.copytree(ROUTED / "data", data)
        copy = shutil.copy(script, folder)  # it keeps its files beside itself
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # it needs a Python with YAML

        def took(*arguments: str) -> float:
            command = ["bash", copy, *arguments, "--container-name", name]
            return _lasts(command, cwd=folder, env={**os.environ, "PATH": path})

        def once() -> float:
            _forget(name)
            chosen = ("--image-repo", repository, "--image-tag", tag, "--data-folder", str(data))
            return took("start", "--non-interactive", "--openai-key", "sk-bench", *chosen)

        def add(number: int) -> float:
            return took("config", "add", "--provider", "dashscope", "--key", f"sk-bench-{number}")

        def route(number: int) -> float:
            return took("route", "add", "--model", "qwen-turbo", "--trigger", f"word {number}")

        try:
            return {
                "start": _median(once() for _ in range(runs)),
                "config list": _median(took("config", "list") for _ in range(runs)),
                "config add": _median(map(add, range(runs))),
                "route add": _median(map(route, range(runs))),
            }
        finally:
            _forget(name)


def _forget(container: str) -> None:
    with closing(docker.from_env()) as client, suppress(docker.errors.NotFound):
        client.containers.get(container).remove(force=True)


def _lasts(command: list[str], **how: Any) -> float:  # noqa: ANN401 - as subprocess.run has it
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, **how)
    return time.perf_counter() - begun


def _timed(home: Path, *arguments: str) -> float:
    begun = time.perf_counter()
    aigw(home, *arguments)
    return time.perf_counter() - begun


def _median(seconds: Iterable[float]) -> float:
    return round(median(seconds) * 1e3, 1)
