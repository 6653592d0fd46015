import gc
import os
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from aigw.clients.docker import Docker
from aigw.clients.docker_exec import Exec, attended
from aigw.clients.docker_hosts import DockerHost
from aigw.clients.docker_quick import QuickDocker
from aigw.clients.image_store import ImageStore
from aigw.clients.registries import Reference
from aigw.errors import DiskFull, DockerGone, DockerRefused
from tests.docker.dockerd import Dockerd, dockerd, possible
from tests.docker.engine import Engine
from tests.docker.registry import Registry, image
from tests.docker.relay import Relay, relay
from tests.docker.tiny import root, tar

pytestmark = [
    pytest.mark.docker,
    # The SDK leaves the socket to the collector when nobody listens at the other end.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

STARTS = "sudo systemctl start docker"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path that is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="d-") as made:
        yield Path(made)


@pytest.fixture
def own(folder: Path) -> Iterator[Dockerd]:
    """An engine with a disk of 24 MB."""
    if not possible():
        pytest.skip("only root may start an engine")
    with dockerd(folder, megabytes=24) as made:
        yield made


@pytest.fixture
def way(engine: Engine) -> Iterator[Relay]:
    """A way to the engine that can be cut."""
    with relay(engine.docker.host.url) as made:
        yield made
    gc.collect()


def over(way: Relay, engine: Engine) -> DockerHost:
    """Return the engine as it is reached over the way."""
    return replace(engine.docker.host, url=way.url, start=STARTS)


def at(registry: Registry) -> Reference:
    """Name the image of these tests."""
    return Reference(host=registry.host, repository="d/x", tag="1")


@contextmanager
def within(own: Dockerd, registry: Registry) -> Iterator[Registry]:
    """Serve images in the network of an engine of our own."""
    with ExitStack() as stack:
        yield own.inside(lambda: stack.enter_context(registry))


@pytest.mark.parametrize(
    ("use", "doing"),
    [
        (lambda docker: docker.info(), "asking what it is"),
        (lambda docker: docker.container("x"), "looking at container `x`"),
        (lambda docker: docker.containers("x"), "listing the containers labelled x"),
        (lambda docker: docker.create({"image": "x", "name": "y"}), "creating `y`"),
        (lambda docker: docker.start("x"), "starting `x`"),
        (lambda docker: docker.stop("x", seconds=1), "stopping `x`"),
        (lambda docker: docker.remove("x"), "removing `x`"),
        (lambda docker: docker.logs_tail("x", 1), "reading the log of `x`"),
        (lambda docker: docker.run("x", ["id"]), "running `id` in `x`"),
        (lambda docker: docker.copy_out("x", "/"), "copying / out of `x`"),
        (lambda docker: docker.images.image("x"), "looking at image x"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_engine_that_went_away_is_said_with_what_was_asked_of_it(
    engine: Engine, way: Relay, use: Callable[[Docker], object], doing: str
) -> None:
    with closing(Docker(over(way, engine))) as docker:
        docker.info()
        way.cut()
        with pytest.raises(DockerGone) as error:
            use(docker)
    place = way.url.removeprefix("unix://")
    assert error.value.message == f"Docker went away while {doing}: nobody answers on {place}"
    assert error.value.hint == STARTS


def test_an_engine_that_goes_away_during_a_command_is_said(engine: Engine, way: Relay) -> None:
    name = engine.run("cut")
    timer = threading.Timer(0.5, way.cut)
    timer.start()
    with (
        closing(Docker(over(way, engine))) as docker,
        pytest.raises(DockerGone, match=f"Docker went away while running `sleep` in `{name}`"),
    ):
        docker.run(name, ["sleep", "20"])
    timer.join()


@pytest.mark.parametrize("kind", [Docker, QuickDocker])
def test_an_engine_that_dies_before_it_answers_for_a_command_is_said(
    engine: Engine, way: Relay, kind: type[Docker] | type[QuickDocker]
) -> None:
    name, way.last = engine.run(f"unanswered-{kind.__name__.lower()}"), b"/start HTTP/1.1"
    with pytest.raises(DockerGone, match=f"Docker went away while running `id` in `{name}`"):
        kind(over(way, engine)).run(name, ["id"])


def test_an_engine_that_refuses_to_begin_a_command_is_quoted(engine: Engine) -> None:
    unknown = Exec(id="0" * 64, doing="running `id`", stdin=b"", code=lambda: 0)
    with pytest.raises(DockerRefused, match="No such exec instance"):
        attended(engine.docker.host, unknown, seconds=10)


def test_an_engine_that_falls_silent_during_a_pull_is_no_fault_of_the_registry(
    engine: Engine, way: Relay
) -> None:
    made = image(tar({"d-silent": os.urandom(100_000)}))
    store = ImageStore(over(way, engine), silence=1)
    with Registry(images={"d/x:1": made}, held=frozenset(made.layers)) as registry:
        pull = store.pull(at(registry))
        next(pull)
        way.block()
        with pytest.raises(DockerGone, match="gave no answer in time while pulling"):
            deque(pull, maxlen=0)


def test_an_engine_that_is_killed_during_a_pull_is_said(own: Dockerd) -> None:
    made = image(tar({"d-killed": os.urandom(100_000)}))
    with within(own, Registry(images={"d/x:1": made}, held=frozenset(made.layers))) as registry:
        pull = ImageStore(own.host).pull(at(registry))
        next(pull)
        assert registry.reached.wait(20)
        own.kill()
        with pytest.raises(DockerGone) as error:
            deque(pull, maxlen=0)
    assert error.value.message.startswith(f"Docker went away while pulling {at(registry)}")


def test_a_full_disk_is_said_whoever_fills_it(own: Dockerd) -> None:
    store = ImageStore(own.host)
    big = image(tar({"d-big": os.urandom(20_000_000)}))
    with within(own, Registry(images={"d/x:1": big})) as registry, pytest.raises(DiskFull) as error:
        deque(store.pull(at(registry)), maxlen=0)
    assert error.value.message == f"Docker's disk is full (pulling {at(registry)})"
    with pytest.raises(DiskFull):
        store.load([tar({"manifest.json": b"[]", "big": os.urandom(30_000_000)})])
    store.load([saved(root())])
    with closing(Docker(own.host)) as docker, pytest.raises(DiskFull):
        fill(docker)


def fill(docker: Docker) -> None:
    """Make containers, each of which copies the image: this engine has no layers."""
    for number in range(20):
        docker.create({"image": "d-tiny:1", "name": f"d-{number}"})


def saved(layer: bytes) -> bytes:
    """Make an archive of an image with one layer."""
    made = image(layer)
    config = made.blobs[made.id]
    listed = b'[{"Config": "c.json", "RepoTags": ["d-tiny:1"], "Layers": ["layer"]}]'
    return tar({"manifest.json": listed, "c.json": config, "layer": layer})


def test_what_is_no_image_is_refused_in_the_words_of_the_engine(engine: Engine) -> None:
    with pytest.raises(DockerRefused):
        engine.docker.images.load([b"nonsense" * 1000])
