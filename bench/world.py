"""The processes that a measurement needs, each started here and stopped by its pid."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from aigw.engines.binary import find_envoy

HERE = Path(__file__).parent
ROOT = HERE.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that answers chats: its address and the processes whose CPU time it costs."""

    name: str
    url: str
    model: str
    processes: tuple[psutil.Process, ...]

    def cpu_seconds(self) -> float:
        """User and system time that its processes have used so far."""
        return sum(sum(process.cpu_times()[:2]) for process in self.processes)

    def rss_mb(self) -> float:
        """Resident memory of its processes, in MB."""
        return sum(process.memory_info().rss for process in self.processes) / 1e6


@contextmanager
def python_server(module: str, *arguments: str) -> Iterator[tuple[int, psutil.Process]]:
    """Run a module that prints its port."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        try:
            assert child.stdout is not None
            yield int(child.stdout.readline()), psutil.Process(child.pid)
        finally:
            child.terminate()


def aigw(home: Path, *arguments: str) -> str:
    """Run one command of ours and return what it printed as its result."""
    return _run(home, *arguments).stdout


def aigw_verbose(home: Path, *arguments: str) -> str:
    """Run one command of ours and return what it told besides its result."""
    return _run(home, *arguments).stderr


def _run(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", "aigw", *arguments],
        cwd=ROOT,
        env=_environment() | {"AIGW_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"aigw {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done


def _environment() -> dict[str, str]:
    """Return this environment as an installed program has it: with compiled modules."""
    return {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gateway_file(folder: Path, stub: int, port: int) -> Path:
    """Write a gateway with three rules and one provider, the stub."""
    path = folder / "wanted.yaml"
    rule = '{{name: {0}, pattern: "(?i)({0}|{0}ing)", model: stub-model}}'
    path.write_text(
        "apiVersion: aigw/v1\nengine: envoy\n"
        f"listen: {{address: 127.0.0.1, http: {port}, https: {port + 1}, console: {port + 2}}}\n"
        "providers:\n"
        f"  - {{id: custom-openai, type: custom-openai, url: 'http://127.0.0.1:{stub}/v1',"
        " models: ['stub-*'], keys: [store]}\n"
        "autoRouting:\n  enabled: true\n  default: stub-model\n  rules:\n"
        + "".join(f"    - {rule.format(word)}\n" for word in ("translate", "think", "poem"))
    )
    return path


@contextmanager
def gateway(stub: int) -> Iterator[tuple[Path, str, tuple[psutil.Process, psutil.Process]]]:
    """Run a gateway of ours: its home, its URL, and the processes (Envoy, supervisor)."""
    with tempfile.TemporaryDirectory(prefix="aigw-bench-") as name:
        home = Path(name) / "home"
        port = free_port()
        file = gateway_file(Path(name), stub, port)
        aigw(
            home,
            "start",
            "--non-interactive",
            "--file",
            str(file),
            "--custom-openai-key",
            "sk-bench-0123456789",
        )
        try:
            supervisor = json.loads(
                next((home / "gateways").glob("*/run/supervisor.json")).read_text()
            )
            processes = psutil.Process(supervisor["envoy_pid"]), psutil.Process(supervisor["pid"])
            yield home, f"http://127.0.0.1:{port}", processes
        finally:
            aigw(home, "delete", "--purge", "--yes")


def bare_bootstrap(stub: int, port: int) -> dict[str, object]:
    """Envoy as a plain reverse proxy: one route, no filter but the router, no log."""
    kind = "type.googleapis.com/envoy.extensions.filters"
    router = {"name": "router", "typed_config": {"@type": f"{kind}.http.router.v3.Router"}}
    manager = {
        "@type": f"{kind}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bare",
        "http_filters": [router],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [
                        {"match": {"prefix": "/"}, "route": {"cluster": "stub", "timeout": "0s"}}
                    ],
                }
            ]
        },
    }
    limits = {"max_connections": 4096, "max_pending_requests": 4096, "max_requests": 4096}
    cluster = {
        "name": "stub",
        "type": "STATIC",
        "circuit_breakers": {"thresholds": [limits]},
        "load_assignment": {
            "cluster_name": "stub",
            "endpoints": [
                {
                    "lb_endpoints": [
                        {
                            "endpoint": {
                                "address": {
                                    "socket_address": {"address": "127.0.0.1", "port_value": stub}
                                }
                            }
                        }
                    ]
                }
            ],
        },
    }
    listener = {
        "name": "bare",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}],
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


@contextmanager
def bare_envoy(stub: int) -> Iterator[tuple[str, psutil.Process]]:
    """Run Envoy with nothing but a route."""

    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        bootstrap = Path(name) / "bare.json"
        bootstrap.write_text(json.dumps(bare_bootstrap(stub, port)))
        command = [
            str(find_envoy(os.environ)),
            "-c",
            str(bootstrap),
            "--concurrency",
            "1",
            "--disable-hot-restart",
            "-l",
            "off",
        ]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as child:
            try:
                while True:
                    with socket.socket() as probe:
                        if probe.connect_ex(("127.0.0.1", port)) == 0:
                            break
                yield f"http://127.0.0.1:{port}", psutil.Process(child.pid)
            finally:
                child.terminate()
