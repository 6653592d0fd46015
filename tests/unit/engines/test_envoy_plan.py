"""A world and a wish: what is to be done, and what is wrong."""

import pytest
from msgspec.structs import replace

from aigw.clients.process import Identity
from aigw.engines.envoy_plan import steps
from aigw.engines.file_names import BOOTSTRAP, CLUSTERS, LISTENERS, ROUTES
from aigw.engines.look import Facts
from aigw.engines.place import Place
from aigw.engines.record import Record
from aigw.engines.seen import State

SUPERVISOR, ENVOY = Identity(pid=10, started="boot/1"), Identity(pid=11, started="boot/2")
FILES = {
    BOOTSTRAP: "b",
    LISTENERS: "l",
    "xds/sds/p.1.json": "s",
    CLUSTERS: "c",
    ROUTES: "r",
}
RUNS = Facts(
    supervisor=SUPERVISOR,
    envoy=ENVOY,
    record=Record(supervisor=SUPERVISOR, envoy=ENVOY, serving=True),
    place=Place(address="127.0.0.1", port=8080),
    listening=True,
    generation="new",
    uptime_seconds=1,
    sockets=True,
)
NOTHING = replace(
    RUNS, supervisor=None, envoy=None, record=None, listening=False, generation="", place=None
)
ALONE = replace(RUNS, supervisor=None)
DOWN = replace(RUNS, envoy=None, listening=False, generation="")
DEAF = replace(RUNS, listening=False, generation="")
OLD = replace(RUNS, generation="old")
CUT_OFF = replace(RUNS, sockets=False)

WRITE_ALL = [
    "write bootstrap",
    "write listener",
    "write key p.1",
    "write providers",
    "write routes",
]


def changed(*names: str) -> dict[str, str]:
    """Return what lies there when these files are to become others."""
    return {**FILES, **dict.fromkeys(names, "old")}


@pytest.mark.parametrize(
    ("facts", "there", "expected"),
    [
        (RUNS, FILES, []),
        (NOTHING, {}, [*WRITE_ALL, "launch supervisor"]),
        (NOTHING, FILES, ["launch supervisor"]),
        (ALONE, FILES, ["launch supervisor"]),
        (ALONE, changed(ROUTES), ["write routes", "launch supervisor", "reload Envoy"]),
        (DOWN, FILES, ["restart Envoy"]),
        (DEAF, FILES, ["restart Envoy"]),
        (CUT_OFF, FILES, ["restart Envoy"]),
        (OLD, FILES, ["reload Envoy"]),
        (OLD, changed(ROUTES), ["write routes", "reload Envoy"]),
        (RUNS, changed(CLUSTERS), ["write providers", "reload Envoy"]),
        (RUNS, changed(LISTENERS), ["write listener", "restart Envoy"]),
        (RUNS, changed(BOOTSTRAP), ["write bootstrap", "restart Envoy"]),
        (RUNS, {**FILES, "xds/sds/q.1.json": "s"}, ["remove key q.1"]),
    ],
    ids=[
        "as wanted",
        "nothing there",
        "stopped",
        "supervisor gone",
        "supervisor gone and changed",
        "Envoy gone",
        "Envoy deaf",
        "sockets gone",
        "written and not in use",
        "routes",
        "providers",
        "listener",
        "bootstrap",
        "a key too many",
    ],
)
def test_what_is_missing_is_done_in_its_order(
    facts: Facts, there: dict[str, str], expected: list[str]
) -> None:
    found = steps(facts, there=there, wanted=FILES, generation="new")
    assert [f"{step.action} {step.what}" for step in found] == expected


@pytest.mark.parametrize(
    ("facts", "state", "messages"),
    [
        (RUNS, State.RUNNING, []),
        (NOTHING, State.STOPPED, []),
        (
            ALONE,
            State.DEGRADED,
            ["the supervisor is gone; Envoy serves on, but nobody would restart it"],
        ),
        (DOWN, State.DEGRADED, ["Envoy does not run: it is starting"]),
        (
            replace(DOWN, record=Record(supervisor=SUPERVISOR, problem="Envoy ended (signal 9)")),
            State.DEGRADED,
            ["Envoy does not run: Envoy ended (signal 9)"],
        ),
        (DEAF, State.DEGRADED, ["Envoy runs, but does not listen on `127.0.0.1:8080`"]),
        (
            replace(RUNS, generation=""),
            State.DEGRADED,
            ["`127.0.0.1:8080` does not answer GET /health"],
        ),
    ],
    ids=["runs", "stopped", "no supervisor", "no Envoy", "Envoy killed", "deaf", "silent"],
)
def test_what_is_wrong_is_said(facts: Facts, state: State, messages: list[str]) -> None:
    assert facts.state is state
    assert [trouble.message for trouble in facts.troubles] == messages


@pytest.mark.parametrize(("facts", "pid"), [(RUNS, 10), (ALONE, 11), (NOTHING, 0)])
def test_the_process_to_name_is_the_supervisor(facts: Facts, pid: int) -> None:
    assert facts.pid == pid
