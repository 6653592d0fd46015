"""Where an old installation listened."""

from collections.abc import Mapping

from aigw.spec.forms import FIRST_PORT, LAST_PORT
from aigw.spec.gateway import Listen
from aigw.spec.legacy_env import EnvFile
from aigw.spec.legacy_report import Findings

VARIABLES = {
    "http": "GATEWAY_HTTP_PORT",
    "https": "GATEWAY_HTTPS_PORT",
    "console": "CONSOLE_PORT",
}


def listen(env: EnvFile, published: Mapping[int, int], findings: Findings) -> Listen:
    """Return the ports that clients use; `published` is port in the container -> on the machine.

    The script published a port under its own number, whether the gateway listened there or not
    (bug 2): of those that nobody listens on, the only one stands for the only one missing.
    """
    usual = Listen()
    inside = {name: _port(env, name, getattr(usual, name), findings) for name in VARIABLES}
    found = {name: published.get(port, port) for name, port in inside.items()}
    lost = [name for name, port in inside.items() if published and port not in published]
    free = [port for port in published if port not in inside.values()]
    if len(lost) == len(free) == 1:
        why = "the container published another port than the gateway listened on"
        name, port = lost[0], published[free[0]]
        findings.correct(f"port {name}", was=str(found[name]), now=str(port), why=why)
        found[name] = port
    if len(set(found.values())) < len(found):
        findings.drop("ports", "two are alike; the usual ones are taken")
        return usual
    return Listen(http=found["http"], https=found["https"], console=found["console"])


def _port(env: EnvFile, name: str, usual: int, findings: Findings) -> int:
    given = env.get(VARIABLES[name])
    if given.isascii() and given.isdigit() and FIRST_PORT <= int(given[:6]) <= LAST_PORT:
        return int(given)
    if given:
        why = "the container took no notice of it and listened on its usual port"
        findings.correct(f"port {name}", was=given[:20], now=str(usual), why=why)
    return usual
