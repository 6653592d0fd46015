"""Requests a second, latency, CPU a request: direct, bare Envoy, aigw, a bare Python proxy."""

import json
import subprocess
import tempfile
from contextlib import ExitStack
from statistics import median

import psutil

from bench.world import HERE, Target, bare_envoy, gateway, python_server

BODIES = {
    "json": {
        "model": "",
        "messages": [
            {"role": "system", "content": "y" * 700},
            {"role": "user", "content": "Why is the sky blue?"},
        ],
    },
    "sse": {
        "model": "",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": "Why is the sky blue?"}],
    },
}
Sample = dict[str, float]


def measure(target: Target, kind: str, *, connections: int, seconds: float) -> Sample:
    """Load one target once with `wrk`; CPU in microseconds a request."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as body:
        body.write(json.dumps(BODIES[kind] | {"model": target.model}, separators=(",", ":")))
        body.flush()
        before = target.cpu_seconds()
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "-s",
            str(HERE / "load.lua"),
            f"{target.url}/v1/chat/completions",
            "--",
            body.name,
        ]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        used = target.cpu_seconds() - before
    result: Sample = json.loads(printed.split("RESULT ", 1)[1])
    requests = max(result["requests"], 1)
    return {
        "rps": result["requests"] / result["seconds"],
        "p50_ms": result["p50_ms"],
        "p99_ms": result["p99_ms"],
        "failed": result["failed"],
        "cpu_us": used / requests * 1e6,
        "rss_mb": target.rss_mb(),
    }


def run(*, rounds: int, seconds: float) -> dict[str, list[Sample]]:
    """Measure every target once a round, in turn; keys are `target/kind/connections`."""
    samples: dict[str, list[Sample]] = {}
    with ExitStack() as stack:
        stub, stub_process = stack.enter_context(python_server("bench.stub"))
        bare_url, bare_process = stack.enter_context(bare_envoy(stub))
        _, url, (envoy, _supervisor) = stack.enter_context(gateway(stub))
        python_port, python_process = stack.enter_context(
            python_server("bench.passthrough", f"http://127.0.0.1:{stub}")
        )

        def target(
            name: str, at: str, process: psutil.Process, model: str = "stub-model"
        ) -> Target:
            return Target(name=name, url=at, model=model, processes=(process,))

        targets = (
            target("direct", f"http://127.0.0.1:{stub}", stub_process),
            target("bare envoy", bare_url, bare_process),
            target("aigw", url, envoy),
            target("aigw auto", url, envoy, "auto"),
            target("aiohttp", f"http://127.0.0.1:{python_port}", python_process),
        )
        for _ in range(rounds):
            for kind in BODIES:
                for connections in (1, 32):
                    for one in targets:
                        sample = measure(one, kind, connections=connections, seconds=seconds)
                        samples.setdefault(f"{one.name}/{kind}/{connections}", []).append(sample)
    return samples


def table(samples: dict[str, list[Sample]]) -> list[dict[str, object]]:
    """Medians a target, with CPU and p99 as ratios to bare Envoy in the same round."""
    rows: list[dict[str, object]] = []
    for name, mine in samples.items():
        target, kind, connections = name.split("/")
        base = samples[f"bare envoy/{kind}/{connections}"]
        row: dict[str, object] = {"target": target, "kind": kind, "connections": int(connections)}
        row |= {key: round(median(sample[key] for sample in mine), 3) for key in mine[0]}
        for key in ("cpu_us", "p99_ms"):
            ratios = [
                sample[key] / other[key]
                for sample, other in zip(mine, base, strict=True)
                if other[key]
            ]
            row[f"{key}_ratio"] = round(median(ratios), 2)
        rows.append(row)
    return rows
