"""Memory of Envoy with 200 streams at once, sampled while they run."""

import asyncio
import json
import time
from collections.abc import Callable
from statistics import median

from aiohttp import ClientSession, ClientTimeout, TCPConnector

from bench.throughput import BODIES
from bench.world import gateway, python_server

HEADERS = {"content-type": "application/json"}


async def _streams(url: str, count: int) -> int:
    body = json.dumps(BODIES["sse"] | {"model": "stub-model"}, separators=(",", ":"))

    async def one(client: ClientSession) -> int:
        async with client.post(f"{url}/v1/chat/completions", data=body, headers=HEADERS) as answer:
            text = await answer.read()
            return int(answer.ok and text.rstrip().endswith(b"[DONE]"))

    async with ClientSession(
        connector=TCPConnector(limit=0), timeout=ClientTimeout(total=120)
    ) as client:
        return sum(await asyncio.gather(*(one(client) for _ in range(count))))


async def _sampled(url: str, count: int, sample: Callable[[], float]) -> tuple[int, list[float]]:
    rss: list[float] = []
    running = asyncio.create_task(_streams(url, count))
    while not running.done():
        rss.append(sample())
        await asyncio.wait({running}, timeout=0.1)
    return await running, rss


def run(*, count: int, waves: int) -> dict[str, object]:
    """Run `count` streams of about five seconds at once, `waves` times; resident memory in MB."""
    with (
        python_server("bench.stub", "0.1") as (stub, _),
        gateway(stub) as (_, url, (envoy, supervisor)),
    ):
        idle = envoy.memory_info().rss / 1e6
        peaks, whole = [], 0
        begun = time.perf_counter()
        for _ in range(waves):
            good, rss = asyncio.run(_sampled(url, count, lambda: envoy.memory_info().rss / 1e6))
            whole += good
            peaks.append(round(max(rss), 1))
        return {
            "streams": count,
            "waves": waves,
            "whole": whole,
            "seconds": round(time.perf_counter() - begun, 1),
            "envoy_idle_mb": round(idle, 1),
            "envoy_peak_mb_a_wave": peaks,
            "envoy_median_peak_mb": median(peaks),
            "supervisor_mb": round(supervisor.memory_info().rss / 1e6, 1),
        }
