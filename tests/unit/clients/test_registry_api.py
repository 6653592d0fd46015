import pytest

from aigw.clients.registries import Reference
from aigw.clients.registry_api import Layer, layers
from tests.docker.registry import Made, Registry, for_platforms, image, sha256
from tests.docker.tiny import tar

ONE, TWO = tar({"one": b"1"}), tar({"two": b"2"})
MADE = image(ONE, TWO)
LAYERS = tuple(
    Layer(digest=digest, diff_id=sha256(own))
    for digest, own in zip(MADE.layers, (ONE, TWO), strict=True)
)


def at(host: str, *, digest: str = "") -> Reference:
    """Name the image at a registry."""
    return Reference(host=host, repository="d/x", tag="1", digest=digest)


@pytest.mark.parametrize("made", [MADE, for_platforms(MADE)], ids=["one", "several platforms"])
@pytest.mark.parametrize("token", ["", "t"], ids=["open", "token"])
def test_the_layers_of_an_image_are_told_from_the_bottom(made: Made, token: str) -> None:
    platform = "amd64" if b'"amd64"' in MADE.blobs[MADE.id] else "arm64"
    with Registry(images={"d/x:1": made}, token=token) as registry:
        assert layers(at(registry.host), platform) == LAYERS
        assert layers(at(registry.host, digest=made.digest), platform) == LAYERS


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "nonsense"])
def test_no_proxy_is_asked_for_a_registry_here(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with Registry(images={"d/x:1": MADE}) as registry:
        assert layers(at(registry.host), "amd64") == LAYERS


def test_what_cannot_be_asked_has_no_layers() -> None:
    with Registry(status=500) as broken, Registry() as empty:
        hosts = (broken.host, empty.host, "127.0.0.1:1", "host.invalid", "[", "")
        assert [layers(at(host), "amd64") for host in hosts] == [()] * 6


def test_what_a_registry_sends_is_not_believed_to_be_well_formed() -> None:
    with Registry(images={"d/x:1": Made(manifest=b"[1]", blobs={}, layers=(), id="")}) as odd:
        assert layers(at(odd.host), "amd64") == ()
