"""How long whole commands take, from the shell's point of view."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.world import ROOT, aigw, free_port, gateway, gateway_file, python_server


def _timed(act: Callable[[], object], *, runs: int) -> dict[str, float]:
    took = []
    for _ in range(runs):
        begun = time.perf_counter()
        act()
        took.append((time.perf_counter() - begun) * 1e3)
    return {
        "p50_ms": round(median(took), 1),
        "min_ms": round(min(took), 1),
        "max_ms": round(max(took), 1),
    }


def run(*, runs: int) -> dict[str, dict[str, float]]:
    """Time commands on a running gateway, and `start` until it has proved itself by a request."""
    results: dict[str, dict[str, float]] = {}
    with python_server("bench.stub") as (stub, _):
        with gateway(stub) as (home, _url, _processes):
            results["python -c pass"] = _timed(
                lambda: subprocess.run([sys.executable, "-c", "pass"], cwd=ROOT, check=True),
                runs=runs,
            )
            quick = {
                "--help": ("--help",),
                "config list": ("config", "list"),
                "status": ("status",),
                "route test": ("route", "test", "please translate this"),
            }
            for name, arguments in quick.items():
                results[name] = _timed(
                    lambda arguments=arguments: aigw(home, *arguments), runs=runs
                )
            number = iter(range(10_000))
            results["config add"] = _timed(
                lambda: aigw(
                    home,
                    "config",
                    "add",
                    "--provider",
                    "openai",
                    "--no-check",
                    "--key",
                    f"sk-bench-{next(number):020d}",
                ),
                runs=runs,
            )
            results["route add"] = _timed(
                lambda: aigw(
                    home,
                    "route",
                    "add",
                    "--model",
                    "stub-model",
                    "--trigger",
                    f"word number {next(number)}",
                ),
                runs=runs,
            )
        results["start"] = _timed_start(stub, runs=max(3, runs // 3))
    return results


def _timed_start(stub: int, *, runs: int) -> dict[str, float]:
    took = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="aigw-bench-") as name:
            home = Path(name) / "home"
            file = gateway_file(Path(name), stub, free_port())
            begun = time.perf_counter()
            aigw(
                home,
                "start",
                "--non-interactive",
                "--file",
                str(file),
                "--custom-openai-key",
                "sk-bench-0123456789",
            )
            took.append((time.perf_counter() - begun) * 1e3)
            aigw(home, "delete", "--purge", "--yes")
    return {
        "p50_ms": round(median(took), 1),
        "min_ms": round(min(took), 1),
        "max_ms": round(max(took), 1),
    }
