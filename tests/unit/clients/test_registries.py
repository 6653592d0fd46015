from collections.abc import Sequence

import pytest

from aigw.clients.registries import BANGKOK, HANGZHOU, SILICON_VALLEY, wanted
from aigw.spec.image import Image, Pull


def unmeasured(hosts: Sequence[str]) -> tuple[str, ...]:
    """Fail: nothing is to be measured."""
    raise AssertionError(hosts)


def names(image: Image, zone: str) -> list[str]:
    """Return the names in the order in which they are pulled."""
    return [str(one) for one in wanted(image, zone, measure=unmeasured).ranked()]


@pytest.mark.parametrize(
    ("registry", "zone", "hosts"),
    [
        ("auto", "Asia/Chongqing", (HANGZHOU, BANGKOK, SILICON_VALLEY)),
        ("auto", "Asia/Bangkok", (BANGKOK, HANGZHOU, SILICON_VALLEY)),
        ("auto", "America/Lima", (SILICON_VALLEY, BANGKOK, HANGZHOU)),
        ("china", "America/Lima", (HANGZHOU, BANGKOK, SILICON_VALLEY)),
        ("asia", "Europe/Paris", (BANGKOK, HANGZHOU, SILICON_VALLEY)),
        ("america", "", (SILICON_VALLEY, BANGKOK, HANGZHOU)),
        ("127.0.0.1:5000", "Asia/Shanghai", ("127.0.0.1:5000",)),
    ],
)
def test_the_registry_near_the_user_is_asked_first_and_the_others_after_it(
    registry: str, zone: str, hosts: Sequence[str]
) -> None:
    assert names(Image(registry=registry), zone) == [
        f"{host}/higress/all-in-one:latest" for host in hosts
    ]


def test_in_the_rest_of_the_world_the_order_is_measured() -> None:
    there = wanted(Image(), "Europe/Paris", measure=lambda hosts: tuple(reversed(hosts)))
    assert [one.host for one in there.references] == [SILICON_VALLEY, BANGKOK, HANGZHOU]
    assert [one.host for one in there.ranked()] == [HANGZHOU, BANGKOK, SILICON_VALLEY]


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (Image(repository="ghcr.io/me/gw", tag="2"), "ghcr.io/me/gw:2"),
        (Image(repository="localhost/gw"), "localhost/gw:latest"),
        (Image(repository="localhost:5000/gw", registry="china"), "localhost:5000/gw:latest"),
        (Image(repository="me/gw", registry="r.io"), "r.io/me/gw:latest"),
        (Image(repository="me/gw"), "me/gw:latest"),
        (Image(repository="gw", registry="r.io", tag="1"), "r.io/gw:1"),
        (
            Image(registry="r.io", tag="1", digest="sha256:aa"),
            "r.io/higress/all-in-one@sha256:aa",
        ),
    ],
)
def test_a_repository_with_a_host_and_a_registry_are_one_place(image: Image, name: str) -> None:
    assert names(image, "Europe/Paris") == [name]


def test_what_the_spec_says_of_pulling_goes_along() -> None:
    there = wanted(Image(pull=Pull.NEVER, digest="sha256:aa"), "PRC")
    assert (there.pull, there.digest) == (Pull.NEVER, "sha256:aa")
