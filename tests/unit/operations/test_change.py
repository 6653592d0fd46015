"""A change is checked, kept, applied; and where the engine refuses it, all is as before."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aigw.engines.envoy_plan import EnvoyPlan
from aigw.errors import BadUsage, EngineRefused, SpecInvalid
from aigw.operations.change import Effect, change
from aigw.operations.lifecycle import How, start
from aigw.operations.provider_edit import ProviderWanted, with_provider
from aigw.operations.start_edit import StartWanted
from aigw.operations.world import World
from aigw.spec.secret import FromEnvironment, Secret
from aigw.state.paths import Home
from tests.fakes import Heard, Process, world

GATEWAY = "g"


@pytest.fixture
def process() -> Process:
    """What runs."""
    return Process()


@pytest.fixture
def here(tmp_path: Path, process: Process) -> World:
    """A world with a fake engine."""
    home = Home(folder=tmp_path / "home", runtime=tmp_path / "run")
    return world(home, process, Heard(), {})


def add(here: World, name: str, key: str = "sk-0123456789") -> Effect:
    """Add a provider."""
    wanted = ProviderWanted(type="openai", id=name, secrets=(Secret(key),), models=(name,))
    return change(here, GATEWAY, lambda draft: with_provider(draft, wanted), new=True)


def begin(here: World) -> None:
    """Start the gateway."""
    start(here, GATEWAY, StartWanted(), How())


def files(here: World) -> dict[str, bytes]:
    """Read both files."""
    folder = here.home.gateway(GATEWAY).folder
    return {path.name: path.read_bytes() for path in folder.glob("*.yaml")}


def test_a_gateway_that_does_not_run_is_only_written(here: World, process: Process) -> None:
    effect = add(here, "one")
    assert (effect.applied, effect.generation) == (False, None)
    assert process.given == []
    assert set(files(here)) == {"gateway.yaml", "credentials.yaml"}


def test_a_running_gateway_gets_the_change_with_its_keys(here: World, process: Process) -> None:
    begin(here)
    effect = add(here, "one")
    assert process.serves is not None
    assert (effect.applied, effect.generation) == (True, process.serves.generation)
    assert list(process.serves.config.secrets) == ["one.1"]


def test_everything_is_kept_before_it_is_applied(here: World, process: Process) -> None:
    begin(here)
    seen: list[dict[str, bytes]] = []
    process.before = lambda _: seen.append(files(here))
    add(here, "one")
    assert seen == [files(here)]


def test_what_the_engine_refuses_is_taken_back_byte_for_byte(here: World, process: Process) -> None:
    begin(here)
    add(here, "one")
    spec = here.home.gateway(GATEWAY).spec
    spec.write_text("# mine\n" + spec.read_text())
    begin(here)
    before, served = files(here), process.serves
    assert served is not None
    process.refuses = frozenset({"two"})
    with pytest.raises(EngineRefused) as refused:
        add(here, "two")
    assert refused.value.message == (
        "Envoy refused the configuration: two; everything is as before"
    )
    assert files(here) == before
    assert process.serves is not None
    assert process.serves.generation == served.generation


def test_an_engine_that_was_left_elsewhere_is_brought_back(here: World, process: Process) -> None:
    begin(here)
    add(here, "one")
    served = process.serves
    assert served is not None
    elsewhere = replace(served, generation="elsewhere")

    def half(plan: EnvoyPlan) -> None:
        process.serves = elsewhere if plan.spec.provider("two") else process.serves

    process.before, process.refuses = half, frozenset({"two"})
    with pytest.raises(EngineRefused):
        add(here, "two")
    assert process.serves is not None
    assert process.serves.generation == served.generation


def test_a_first_start_that_is_refused_leaves_no_spec(here: World, process: Process) -> None:
    process.refuses = frozenset({"demo"})
    wanted = StartWanted(providers=(ProviderWanted(type="demo"),))
    with pytest.raises(EngineRefused):
        start(here, GATEWAY, wanted, How())
    assert files(here) == {}


def test_a_change_that_cannot_be_makes_nothing(here: World, process: Process) -> None:
    with pytest.raises(BadUsage):
        add(here, "Not An Id")
    assert not here.home.folder.exists()
    begin(here)
    before = files(here)
    with pytest.raises(BadUsage):
        add(here, "Not An Id")
    assert files(here) == before
    assert len(process.given) == 1


def test_a_key_that_is_not_to_be_had_stops_a_change_of_what_runs(here: World) -> None:
    begin(here)
    before = files(here)
    wanted = ProviderWanted(type="openai", references=(FromEnvironment("NOT_SET"),))
    with pytest.raises(SpecInvalid, match=r"takes its key from \$NOT_SET, which is not set"):
        change(here, GATEWAY, lambda draft: with_provider(draft, wanted))
    assert files(here) == before


def test_a_document_that_cannot_be_used_is_left_as_it_is(here: World) -> None:
    begin(here)
    spec = here.home.gateway(GATEWAY).spec
    spec.write_text("nonsense: 1\n")
    before = files(here)
    with pytest.raises(SpecInvalid, match="nonsense"):
        add(here, "one")
    assert files(here) == before
