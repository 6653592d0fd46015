import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import docker as sdk
import pytest

from aigw.clients.docker_images import ImageThere, available, ensure, load_archive
from aigw.clients.image_store import ImageStore
from aigw.clients.kept_layers import UNFINISHED
from aigw.clients.pulling import PullProgress
from aigw.clients.registries import Reference, Wanted
from aigw.errors import DockerRefused, ImageChanged, ImageMissing
from aigw.spec.image import Pull
from tests.docker.engine import Engine
from tests.docker.registry import Made, Registry, for_platforms, image
from tests.docker.tiny import tar
from tests.world import ROOT

pytestmark = pytest.mark.docker

REPOSITORY = "d/gateway"
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def images(engine: Engine) -> ImageStore:
    """The images of the engine, layers of which are kept at once."""
    return ImageStore(engine.docker.host, patience=0)


@pytest.fixture
def made(engine: Engine) -> Made:
    """An image of three layers that no engine has seen."""
    one = image(*(tar({f"d-{name}": os.urandom(400_000)}) for name in "abc"))
    engine.images.append(one.id)
    return one


def serving(made: Made, *, held: frozenset[str] = frozenset()) -> Registry:
    """Make a registry that has the image as `d/gateway:1`."""
    return Registry(images={f"{REPOSITORY}:1": made}, held=held)


def at(host: str, *, digest: str = "") -> Reference:
    """Name the image at a registry."""
    return Reference(host=host, repository=REPOSITORY, tag="1", digest=digest)


def wanted(*hosts: str, digest: str = "", pull: Pull = Pull.MISSING) -> Wanted:
    """Want the image from these registries, in this order."""
    references = tuple(at(host, digest=digest) for host in hosts)
    return Wanted(references=references, digest=digest, pull=pull)


def had(images: ImageStore, what: Wanted, notes: list[str] | None = None) -> ImageThere:
    """Have an image without showing how."""

    def watch(_: str, values: Iterator[PullProgress]) -> None:
        deque(values, maxlen=0)

    heard: list[str] = [] if notes is None else notes
    return ensure(images, what, watch=watch, note=heard.append)


def test_a_pull_is_told_in_layers_and_bytes(images: ImageStore, made: Made) -> None:
    with serving(made) as registry:
        values = [*images.pull(at(registry.host))]
    sent = sum(len(made.blobs[layer]) for layer in made.layers)
    assert values[-1] == PullProgress(done_layers=3, layers=3, done_bytes=sent, bytes=sent)
    assert [value.done_layers for value in values] == sorted(value.done_layers for value in values)


def test_an_image_is_pulled_once_and_known_by_its_digest(images: ImageStore, made: Made) -> None:
    with serving(made) as registry:
        first = had(images, wanted(registry.host))
        again = had(images, wanted(registry.host))
        pinned = had(images, wanted(registry.host, digest=made.digest, pull=Pull.NEVER))
    assert (first.id, first.digest, first.pulled) == (made.id, made.digest, True)
    assert (again.id, again.digest, again.pulled) == (made.id, made.digest, False)
    assert (pinned.id, pinned.digest, pinned.pulled) == (made.id, made.digest, False)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 403}, "denied"),
        ({"status": 429}, "toomanyrequests"),
        ({"status": 500}, "500 Internal Server Error"),
        ({}, "manifest unknown"),
        (None, "connection refused"),
    ],
    ids=["refuses", "limits", "broken", "without it", "nobody"],
)
def test_after_a_registry_that_fails_the_next_is_asked(
    images: ImageStore, made: Made, fault: dict[str, int] | None, words: str
) -> None:
    notes: list[str] = []
    with Registry(**(fault or {})) as faulty, serving(made) as registry:  # type: ignore[arg-type]
        first = faulty.host if fault is not None else NOWHERE
        there = had(images, wanted(first, registry.host), notes)
    assert there.reference == str(at(registry.host))
    assert len(notes) == 1
    assert notes[0].startswith(f"{at(first)}: ")
    assert words in notes[0]


def test_a_registry_that_says_nothing_is_left_when_the_time_is_up(
    engine: Engine, made: Made
) -> None:
    impatient = ImageStore(engine.docker.host, silence=0.5)
    with Registry(silent=True) as silent, serving(made) as registry:
        notes: list[str] = []
        there = had(impatient, wanted(silent.host, registry.host), notes)
        assert notes == [f"{at(silent.host)}: nothing came for 0.5 s"]
    assert there.id == made.id


def test_a_layer_that_stops_coming_is_a_failure_of_its_registry(engine: Engine, made: Made) -> None:
    impatient = ImageStore(engine.docker.host, silence=1, patience=60)
    held = frozenset(made.layers[:1])
    with (
        serving(made, held=held) as slow,
        pytest.raises(DockerRefused, match="nothing came for 1 s"),
    ):
        deque(impatient.pull(at(slow.host)), maxlen=0)


def test_no_registry_at_all_names_every_failure(images: ImageStore) -> None:
    with Registry(status=403) as refusing, pytest.raises(ImageMissing) as error:
        had(images, wanted(NOWHERE, refusing.host))
    assert error.value.message == "no registry gave the image"
    lines = error.value.quoted.splitlines()
    assert [line.strip().split(": ")[0] for line in lines[1:]] == [
        f"{NOWHERE}/{REPOSITORY}:1",
        f"{refusing.host}/{REPOSITORY}:1",
    ]


def test_a_registry_that_sends_something_else_for_a_digest_is_not_believed(
    images: ImageStore, made: Made
) -> None:
    with serving(made) as registry:
        registry.lies = image(tar({"d-forged": b"x"}))
        with pytest.raises(ImageMissing) as error:
            had(images, wanted(registry.host, digest=made.digest))
    assert "manifest verification failed for digest" in error.value.quoted
    assert images.image(str(at(registry.host, digest=made.digest))) is None


def test_a_tag_that_has_moved_on_is_said_with_both_digests(images: ImageStore, made: Made) -> None:
    other = "sha256:" + "0" * 64
    with serving(made) as registry, pytest.raises(ImageMissing) as error:
        had(images, wanted(registry.host, digest=other))
    assert f"it is {made.digest} there, not {other}" in error.value.quoted


def test_another_image_here_than_was_recorded_is_refused(images: ImageStore, made: Made) -> None:
    other = "sha256:" + "0" * 64
    with serving(made) as registry:
        had(images, wanted(registry.host))
    with pytest.raises(ImageChanged) as error:
        had(images, wanted(registry.host, digest=other, pull=Pull.NEVER))
    assert error.value.message == (f"{at(registry.host)} is {made.digest}, but {other} is pinned")


def broken_off(images: ImageStore, registry: Registry) -> None:
    """Pull until a layer is finished and another has stopped half way, then give up."""
    pull = images.pull(at(registry.host))
    for value in pull:
        if value.done_layers and registry.reached.is_set():
            break
    pull.close()
    registry.released.set()


def test_finished_layers_are_kept_when_a_pull_is_broken_off(
    images: ImageStore, made: Made, raw: sdk.APIClient
) -> None:
    with serving(made, held=frozenset({made.layers[1]})) as registry:
        broken_off(images, registry)
        assert raw.images(name=UNFINISHED)
        assert had(images, wanted(registry.host)).id == made.id
        assert registry.fetched(made.layers)[:2] == [1, 2]
    assert raw.images(name=UNFINISHED) == []


def test_layers_of_an_image_for_several_platforms_are_kept_behind_a_token_too(
    images: ImageStore, made: Made
) -> None:
    with serving(for_platforms(made), held=frozenset({made.layers[1]})) as registry:
        registry.token = "t"
        broken_off(images, registry)
        there = had(images, wanted(registry.host))
        assert registry.fetched(made.layers[:1])[0] <= 2  # once without the token
    assert (there.id, there.digest) == (made.id, for_platforms(made).digest)


def test_a_pull_of_a_few_seconds_keeps_nothing(
    engine: Engine, made: Made, raw: sdk.APIClient
) -> None:
    patient = ImageStore(engine.docker.host)
    with serving(made, held=frozenset({made.layers[1]})) as registry:
        broken_off(patient, registry)
    assert raw.images(name=UNFINISHED) == []


def test_ctrl_c_ends_a_pull_that_hangs(engine: Engine, made: Made) -> None:
    script = (
        "import sys; from collections import deque; from pathlib import Path\n"
        "from aigw.clients.docker_hosts import find\n"
        "from aigw.clients.image_store import ImageStore\n"
        "from aigw.clients.registries import Reference\n"
        "host = find({'DOCKER_HOST': sys.argv[1]}, Path('/'))\n"
        f"name = Reference(host=sys.argv[2], repository='{REPOSITORY}', tag='1')\n"
        "try: deque(ImageStore(host).pull(name), maxlen=0)\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    with serving(made, held=frozenset(made.layers)) as registry:
        command = [sys.executable, "-c", script, engine.docker.host.url, registry.host]
        with subprocess.Popen(command, cwd=ROOT) as child:
            assert registry.reached.wait(20)
            child.send_signal(2)
            assert child.wait(10) == 130  # the layers are still held, and would be for ever


def test_whether_it_can_be_had_is_asked_of_all_at_once(images: ImageStore, made: Made) -> None:
    with Registry(silent=True) as silent, Registry() as without, serving(made) as registry:
        assert available(images, wanted(silent.host, without.host, registry.host), seconds=5)
        assert not available(images, wanted(silent.host, without.host, NOWHERE), seconds=0.5)
        assert not available(images, wanted(registry.host, pull=Pull.NEVER), seconds=0.5)
        had(images, wanted(registry.host))
        assert available(images, wanted(registry.host, pull=Pull.NEVER), seconds=0.5)


def test_a_login_that_cannot_be_looked_up_is_done_without(
    images: ImageStore, made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text('{"credsStore": "nowhere"}', "utf-8")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with serving(made) as registry:
        assert had(images, wanted(registry.host)).id == made.id


def test_an_image_comes_out_of_an_archive_with_and_without_its_name(
    images: ImageStore, made: Made, raw: sdk.APIClient, tmp_path: Path
) -> None:
    with serving(made) as registry:
        what = wanted(registry.host)
        name = had(images, what).reference
    for saved in (name, made.id):
        path = tmp_path / f"{saved == name}.tar"
        path.write_bytes(b"".join(raw.get_image(saved)))
        subprocess.run(["gzip", path], check=True)
    for saved in (name, made.id):
        raw.remove_image(made.id, force=True)
        there = load_archive(images, tmp_path / f"{saved == name}.tar.gz", what)
        assert there == ImageThere(id=made.id, reference=saved, digest=made.id, pulled=False)
        recorded = wanted(registry.host, digest=there.digest, pull=Pull.NEVER)
        assert had(images, recorded).id == made.id
