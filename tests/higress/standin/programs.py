"""What each program of the container does before it becomes its real process."""

import os
import runpy
import shutil
import sys
import time
from pathlib import Path

from .pace import delay, wait_for
from .ports import APISERVER, CONTROLLER, HTTP, PILOT, PLUGIN_HOST
from .settings import concurrency, console_port, mesh_file, mode, port

DATA = Path("/data")
DEFAULTS = Path(os.environ.get("STANDIN_DEFAULTS", "/opt/data/defaultConfig"))
ENVOY = "/usr/local/bin/envoy"


def module(name: str, *arguments: str) -> None:
    """Go on as a Python program of the stand-in, named as the real one for `pkill`."""
    Path("/proc/self/comm").write_text(sys.argv[1])
    sys.argv[1:] = arguments
    runpy.run_module(f"standin.{name}", run_name="__main__", alter_sys=True)


def apiserver() -> None:
    """Seed what is missing, read the mesh settings once, and serve the store."""
    import yaml  # late: the other programs do without

    delay("apiserver")
    template = os.environ.get("CONFIG_TEMPLATE", "")
    seed()
    if template == "ai-gateway":
        sys.exit("the stand-in does not carry the template ai-gateway: leave CONFIG_TEMPLATE empty")
    if template:
        sys.exit(f"Unknown configuration template: {template}")
    Path("/var/log/proxy").mkdir(parents=True, exist_ok=True)
    mesh = yaml.safe_load((DATA / "configmaps/higress-config.yaml").read_text())["data"]["mesh"]
    mesh_file().parent.mkdir(parents=True, exist_ok=True)
    mesh_file().write_text(mesh)
    module("apiserver", "--root", str(DATA), "--port", str(APISERVER))


def seed() -> None:
    """Copy the default files that are not there (`cp -rn`)."""
    for source in sorted(DEFAULTS.rglob("*.yaml")):
        if source.parent.name == "ingresses" and os.environ.get("ENABLE_CONSOLE_ROUTE") != "1":
            continue
        target = DATA / source.relative_to(DEFAULTS)
        if target.exists():
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        except OSError as error:
            sys.exit(f"cp: cannot create regular file '{target}': {error.strerror}")


def plugin_server() -> None:
    """Serve plugin files, unless that is switched off."""
    if os.environ.get("USE_PLUGIN_SERVER", "").lower() in {"false", "off", "no", "n"}:
        idle_out()
    delay("plugin-server")
    module("plugins.server")


def controller() -> None:
    """Come up after the store."""
    wait_for(APISERVER)
    delay("controller")
    module("dataplane.controller")


def pilot() -> None:
    """Come up after the controller."""
    wait_for(CONTROLLER)
    delay("pilot")
    module("dataplane.pilot")


def gateway() -> None:
    """Become Envoy, after pilot is there."""
    if mode() not in {"gateway", "full"}:
        idle_out()
    wait_for(PILOT, PLUGIN_HOST)
    delay("gateway")
    Path("/var/log/proxy/access.log").touch()
    log_level = os.environ.get("GATEWAY_LOG_LEVEL", "") or "warning"
    components = os.environ.get("GATEWAY_COMPONENT_LOG_LEVEL", "") or "misc:error"
    os.execv(
        ENVOY,
        [ENVOY, "-c", "/dev/shm/standin/bootstrap.json", "--disable-hot-restart",
         "--concurrency", str(concurrency()), "--log-level", log_level,
         "--component-log-level", components, "--drain-strategy", "immediate",
         "--drain-time-s", os.environ.get("STANDIN_DRAIN_SECONDS", "") or "45",
         "--parent-shutdown-time-s", "60", "--file-flush-interval-msec", "1000"],
    )  # fmt: skip


def console() -> None:
    """Become the console, after the store and the controller are there."""
    if mode() not in {"console", "full"}:
        idle_out()
    wait_for(APISERVER, CONTROLLER)
    delay("console")
    module(
        "console", "--port", str(console_port()), "--apiserver", f"https://127.0.0.1:{APISERVER}"
    )


def plugin_host() -> None:
    """Decide what the plugins inside the real Envoy decide."""
    module("plugins.host", "--gateway-port", str(port("GATEWAY_HTTP_PORT", HTTP)))


def idle_out() -> None:
    """End well after two seconds, as what is not wanted does."""
    time.sleep(2)
    sys.exit(0)


def main() -> None:
    """Run the program whose name is given."""
    program = {
        "apiserver": apiserver,
        "plugin-server": plugin_server,
        "controller": controller,
        "pilot": pilot,
        "gateway": gateway,
        "console": console,
        "plugin-host": plugin_host,
    }.get(sys.argv[1], idle_out)
    program()


if __name__ == "__main__":
    main()
