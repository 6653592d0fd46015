"""How long a change takes from the renamed file to the first answer that shows it, under load."""

import json
import subprocess
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

from bench.throughput import BODIES
from bench.world import HERE, gateway, python_server


def _generation(connection: HTTPConnection) -> str:
    connection.request("GET", "/health")
    answer = connection.getresponse()
    answer.read()
    return answer.headers["x-aigw-generation"]


def _with_version(text: str, version: str) -> str:
    return json.dumps(json.loads(text) | {"version_info": version})


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(".fresh")
    fresh.write_text(text)
    fresh.rename(path)


def run(*, changes: int) -> dict[str, object]:
    """Rename route files into place under 16 connections of load; milliseconds until each shows."""
    with (
        python_server("bench.stub") as (stub, _),
        gateway(stub) as (home, url, _),
        tempfile.TemporaryDirectory() as folder,
    ):
        body = Path(folder) / "body.json"
        body.write_text(json.dumps(BODIES["json"] | {"model": "stub-model"}))
        routes = next((home / "gateways").glob("*/envoy/xds/rds/*.json"))
        original = routes.read_text()
        connection = HTTPConnection(urlsplit(url).netloc)
        now = _generation(connection)
        command = [
            "wrk",
            "-t1",
            "-c16",
            "-d60s",
            "-s",
            str(HERE / "load.lua"),
            f"{url}/v1/chat/completions",
            "--",
            str(body),
        ]
        took: list[float] = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
            for number in range(changes):
                wanted = f"bench{number:07d}"
                text = _with_version(original.replace(now, wanted), wanted)
                begun = time.perf_counter()
                _replace(routes, text)
                while _generation(connection) != wanted:
                    pass
                took.append((time.perf_counter() - begun) * 1e3)
            load.send_signal(2)
            printed, _ = load.communicate()
        _replace(routes, original)
    return {
        "changes": changes,
        "p50_ms": round(median(took), 2),
        "p95_ms": round(quantiles(took, n=20)[-1], 2),
        "max_ms": round(max(took), 2),
        "load": printed.split("RESULT ", 1)[1].strip(),
    }
