"""Our client of the console, with the stand-in's console over a store of its own."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw.clients.console import Console
from aigw.errors import EngineRefused, NotReady, OutcomeUnknown
from aigw.spec.secret import Secret
from tests.higress.control_plane import FIXTURES, ControlPlane

CANARY = "sk-canary-of-a-store"
KEY = "sk-made-up-of-mine"
FORM = {"name": "mine", "type": "deepseek", "protocol": "openai/v1", "tokens": [KEY]}
ROUTE = {
    "name": "mine",
    "upstreams": [{"provider": "mine", "weight": 100}],
    "modelPredicates": [{"matchType": "PRE", "matchValue": "deep-"}],
}


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[ControlPlane]:
    """A console whose administrator is `admin`."""
    shutil.copytree(FIXTURES / "minimal", tmp_path / "data", copy_function=shutil.copyfile)
    with ControlPlane(tmp_path / "data") as running:
        yield running


def console(plane: ControlPlane, password: str = "made-up-pass") -> Console:
    """Return a client of it."""
    return Console("127.0.0.1", plane.console, user="admin", password=Secret(password))


def test_a_provider_and_its_route_come_and_go(plane: ControlPlane) -> None:
    ours = console(plane)
    ours.put_provider(FORM)
    ours.add_route(ROUTE)
    assert KEY in plane.files()["wasmplugins/ai-proxy.internal.yaml"]
    ours.put_route({**ROUTE, "modelPredicates": [{"matchType": "EQUAL", "matchValue": "r1"}]})
    assert '"r1"' in plane.files()["configmaps/ai-route-mine.yaml"].replace("\\", "")
    ours.delete_route("mine")
    ours.delete_provider("mine")
    ours.delete_provider("mine")
    assert "configmaps/ai-route-mine.yaml" not in plane.files()
    assert KEY not in plane.files()["wasmplugins/ai-proxy.internal.yaml"]


def test_what_the_console_says_of_a_wrong_form_is_passed_on(plane: ControlPlane) -> None:
    with pytest.raises(EngineRefused) as refused:
        console(plane).put_provider({**FORM, "type": "nobody"})
    assert refused.value.message == (
        "the console did not take provider `mine`: it answered 400: "
        "Provider type nobody is not supported"
    )


def test_a_file_that_a_500_quotes_is_not_shown(plane: ControlPlane) -> None:
    file = plane.folder / "wasmplugins" / "broken.yaml"
    file.write_text(f'spec: {{defaultConfig: {{apiTokens: ["{CANARY}"]}}\n  x: [')
    assert CANARY in str(plane.request("PUT", "/v1/ai/providers/mine", FORM).body)
    with pytest.raises(EngineRefused) as refused:
        console(plane).put_provider(FORM)
    assert refused.value.message == ("the console did not take provider `mine`: it answered 500")


@pytest.mark.parametrize("wrong", ["wrong-canary", "wrong-canary:colon"])
def test_another_password_is_said_to_be_another(plane: ControlPlane, wrong: str) -> None:
    with pytest.raises(EngineRefused, match="it does not take our password") as refused:
        console(plane, wrong).put_provider(FORM)
    assert "wrong-canary" not in refused.value.message


def test_a_password_with_colons_is_as_good_as_any(plane: ControlPlane) -> None:
    new = {"oldPassword": "made-up-pass", "newPassword": ":new:colon"}
    assert plane.request("POST", "/user/changePassword", new).status == 200
    ours = console(plane, ":new:colon")
    ours.put_provider(FORM)
    ours.add_route(ROUTE)
    assert KEY in plane.files()["wasmplugins/ai-proxy.internal.yaml"]
    assert "configmaps/ai-route-mine.yaml" in plane.files()


def test_a_console_that_is_not_there_says_where_it_was_looked_for() -> None:
    ours = Console("127.0.0.1", 1, user="admin", password=Secret("x"))
    assert ours.stands() == "the console does not answer on 127.0.0.1:1"
    with pytest.raises(NotReady) as refused:
        ours.delete_provider("mine")
    assert not isinstance(refused.value, OutcomeUnknown)


def test_a_console_that_takes_a_change_and_is_silent_may_still_make_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        password = Secret("x")
        ours = Console(*silent.getsockname(), user="admin", password=password, seconds=0.2)
        with pytest.raises(OutcomeUnknown) as refused:
            ours.put_provider(FORM)
    assert refused.value.message == (
        f"the console does not answer on {place} and may still change provider `mine`, "
        "which the next `aigw start` undoes"
    )
