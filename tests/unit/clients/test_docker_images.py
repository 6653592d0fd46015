import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aigw.clients.containers import ImageSeen
from aigw.clients.docker_images import ImageThere, available, ensure, load_archive
from aigw.clients.pulling import PullProgress
from aigw.clients.registries import HANGZHOU, Reference, Wanted, wanted
from aigw.errors import DiskFull, DockerRefused, ImageChanged, ImageMissing
from aigw.spec.image import Image, Pull
from tests.docker.tiny import tar

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
ID = f"sha256:{'a' * 64}"
NAME = f"{HANGZHOU}/higress/all-in-one"


@dataclass(kw_only=True)
class FakeImages:
    """Keeps images by name, digest and id, and pulls what `registries` (host -> digest) serve."""

    there: dict[str, ImageSeen] = field(default_factory=dict)
    registries: dict[str, str] = field(default_factory=dict)
    full: bool = False
    pulled: list[str] = field(default_factory=list)

    def image(self, name: str) -> ImageSeen | None:
        """Look it up."""
        return self.there.get(name)

    def pull(self, reference: Reference) -> Iterator[PullProgress]:
        """Keep it, or refuse."""
        self.pulled.append(str(reference))
        yield PullProgress(layers=1)
        if self.full:
            raise DiskFull("Docker's disk is full")
        digest = self.registries.get(reference.host, "")
        if not digest or reference.digest not in {"", digest}:
            raise DockerRefused("Docker failed: manifest unknown", reason="manifest unknown")
        self.keep(str(reference), digest, name=reference.name)

    def keep(self, called: str, digest: str = "", *, name: str = NAME) -> None:
        """Have an image under a name."""
        digests = (f"{name}@{digest}",) if digest else ()
        self.there[called] = ImageSeen(id=ID, tags=(), digests=digests)

    def offered(self, reference: Reference, *, seconds: float) -> bool:
        """Say whether it could be pulled."""
        return bool(self.served(reference, seconds=seconds))

    def served(self, reference: Reference, *, seconds: float) -> str:  # noqa: ARG002 - no waiting
        """Return what is served."""
        return self.registries.get(reference.host, "")

    def load(self, archive: Iterable[bytes]) -> tuple[str, ...]:
        """Take the archive."""
        assert b"".join(archive)
        return (ID,)


def asked(**options: object) -> Wanted:
    """Want an image from China."""
    return wanted(Image(**options), "Asia/Shanghai")  # type: ignore[arg-type]


def had(images: FakeImages, what: Wanted, notes: list[str] | None = None) -> ImageThere:
    """Have it, showing nothing."""

    def watch(_: str, values: Iterator[PullProgress]) -> None:
        deque(values, maxlen=0)

    heard: list[str] = [] if notes is None else notes
    return ensure(images, what, watch=watch, note=heard.append)


def test_an_image_that_is_here_is_taken_whatever_registry_it_came_from() -> None:
    images = FakeImages()
    third = asked().references[2]
    images.keep(str(third), ONE, name=third.name)
    assert had(images, asked()) == ImageThere(id=ID, reference=str(third), digest=ONE, pulled=False)
    assert images.pulled == []


def test_the_registries_are_tried_in_their_order_and_each_failure_is_said() -> None:
    second = asked().references[1]
    images, notes = FakeImages(registries={second.host: ONE}), list[str]()
    there = had(images, asked(), notes)
    assert there == ImageThere(id=ID, reference=str(second), digest=ONE, pulled=True)
    assert notes == [f"{NAME}:latest: manifest unknown"]


def test_when_every_registry_fails_each_is_named_with_its_reason() -> None:
    with pytest.raises(ImageMissing) as error:
        had(FakeImages(), asked(registry="r.io"))
    assert error.value.message == "no registry gave the image"
    assert error.value.quoted == "\n  r.io/higress/all-in-one:latest: manifest unknown"
    assert error.value.hint == "aigw start --image-archive FILE"


def test_a_full_disk_is_no_reason_to_ask_the_next_registry() -> None:
    images = FakeImages(full=True)
    with pytest.raises(DiskFull):
        had(images, asked())
    assert len(images.pulled) == 1


def test_never_pulls_nothing_and_always_pulls_again() -> None:
    images = FakeImages(registries={HANGZHOU: TWO})
    with pytest.raises(ImageMissing) as error:
        had(images, asked(pull=Pull.NEVER))
    assert error.value.hint == "aigw start --engine higress --pull missing"
    images.keep(f"{NAME}:latest", ONE)
    assert had(images, asked(pull=Pull.NEVER)).digest == ONE
    assert had(images, asked(pull=Pull.ALWAYS)).digest == TWO


def test_a_pinned_image_is_pulled_by_its_digest() -> None:
    images = FakeImages(registries={HANGZHOU: ONE})
    assert had(images, asked(digest=ONE)).digest == ONE
    assert images.pulled == [f"{NAME}@{ONE}"]


def test_a_pinned_image_is_found_by_what_its_tag_was_pulled_as() -> None:
    images = FakeImages()
    images.keep(f"{NAME}:latest", ONE)
    assert had(images, asked(digest=ONE, pull=Pull.NEVER)).digest == ONE


def test_an_image_of_an_archive_is_found_by_the_id_that_was_recorded() -> None:
    images = FakeImages()
    images.keep(ID)
    there = had(images, asked(digest=ID, pull=Pull.NEVER))
    assert there == ImageThere(id=ID, reference=ID, digest=ID, pulled=False)


@pytest.mark.parametrize("pull", [Pull.NEVER, Pull.MISSING])
def test_another_image_under_the_tag_than_was_pinned_is_refused_with_both(pull: Pull) -> None:
    images = FakeImages()
    images.keep(f"{NAME}:latest", TWO)
    with pytest.raises(ImageChanged) as error:
        had(images, asked(digest=ONE, pull=pull))
    assert error.value.message == f"{NAME}:latest is {TWO}, but {ONE} is pinned"


def test_a_registry_whose_tag_has_moved_on_is_said_with_both() -> None:
    images = FakeImages(registries={"r.io": TWO})
    with pytest.raises(ImageMissing) as error:
        had(images, asked(digest=ONE, registry="r.io"))
    assert error.value.quoted == (
        f"\n  r.io/higress/all-in-one:latest: it is {TWO} there, not {ONE}"
    )


HERE = {f"{NAME}:latest": ImageSeen(id=ID, tags=(), digests=())}


@pytest.mark.parametrize(
    ("images", "pull", "answer"),
    [
        (FakeImages(), Pull.MISSING, "no"),
        (FakeImages(registries={HANGZHOU: ONE}), Pull.MISSING, "yes"),
        (FakeImages(registries={HANGZHOU: ONE}), Pull.NEVER, "no"),
        (FakeImages(there=HERE), Pull.NEVER, "yes"),
    ],
    ids=["nowhere", "offered", "never pulled", "here"],
)
def test_whether_an_image_can_be_had_is_known_without_pulling(
    images: FakeImages, pull: Pull, answer: str
) -> None:
    assert available(images, asked(pull=pull), seconds=2) is (answer == "yes")
    assert images.pulled == []


def archive(folder: Path, *names: str | None) -> Path:
    """Write an archive of images with these names."""
    path = folder / "image.tar"
    listed = [{"Config": "c", "RepoTags": [name] if name else None} for name in names]
    path.write_bytes(tar({"manifest.json": json.dumps(listed).encode()}))
    return path


@pytest.mark.parametrize(
    ("names", "reference"),
    [
        (("other:1", f"{NAME}:latest"), f"{NAME}:latest"),
        (("other:1",), "other:1"),
        ((None,), ID),
    ],
    ids=["by its name", "the only one", "without a name"],
)
def test_an_archive_gives_the_image_that_is_wanted(
    tmp_path: Path, names: tuple[str | None, ...], reference: str
) -> None:
    images = FakeImages()
    images.keep(reference)
    there = load_archive(images, archive(tmp_path, *names), asked())
    assert there == ImageThere(id=ID, reference=reference, digest=ID, pulled=False)


def test_an_archive_of_several_other_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageMissing, match="holds a:1, one without a name, but not"):
        load_archive(FakeImages(), archive(tmp_path, "a:1", None), asked())


def test_an_archive_of_another_image_than_was_pinned_is_refused(tmp_path: Path) -> None:
    images = FakeImages()
    images.keep("a:1")
    with pytest.raises(ImageChanged, match=f"holds {ID}, but {ONE} is pinned"):
        load_archive(images, archive(tmp_path, "a:1"), asked(digest=ONE))
