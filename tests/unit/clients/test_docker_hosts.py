import hashlib
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import trustme

from aigw.clients.docker_api import Flavor
from aigw.clients.docker_hosts import find
from aigw.errors import DockerMissing
from tests.unit.clients.engines import engine, tcp_engine
from tests.unit.state.children import as_nobody
from tests.world import ROOT

NOTHING = {"PATH": ""}


@pytest.fixture
def root() -> Iterator[Path]:
    """A machine without any Docker; its path is short, for a socket's may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="d-") as folder:
        (Path(folder) / "h").mkdir()
        yield Path(folder)


def refusal(root: Path, environ: Mapping[str, str] = NOTHING) -> DockerMissing:
    """Look for an engine where none can be used."""
    with pytest.raises(DockerMissing) as error:
        find({**NOTHING, **environ}, root / "h", root=root, seconds=0.3)
    return error.value


def source(root: Path, environ: Mapping[str, str] = NOTHING) -> str:
    """Say which engine is found."""
    return find({**NOTHING, **environ}, root / "h", root=root, seconds=3).source


def context(folder: Path, name: str, host: str, *, current: bool = False) -> Path:
    """Write what `docker context create` writes; returns where its TLS files go."""
    identity = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts/meta" / identity
    meta.mkdir(parents=True)
    tree = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host}}}
    (meta / "meta.json").write_text(json.dumps(tree), "utf-8")
    if current:
        (folder / "config.json").write_text(json.dumps({"currentContext": name}), "utf-8")
    return folder / "contexts/tls" / identity / "docker"


@pytest.mark.parametrize(
    ("path", "environ", "name"),
    [
        ("var/run/docker.sock", {}, "the default socket"),
        ("h/.docker/run/docker.sock", {}, "Docker Desktop"),
        ("h/.docker/desktop/docker.sock", {}, "Docker Desktop"),
        ("x/docker.sock", {"XDG_RUNTIME_DIR": "{root}/x"}, "Docker rootless"),
        (f"run/user/{os.getuid()}/docker.sock", {}, "Docker rootless"),
        ("h/.rd/docker.sock", {}, "Rancher Desktop"),
        ("h/.colima/default/docker.sock", {}, "Colima"),
        ("h/.colima/work/docker.sock", {}, "Colima"),
        ("h/.config/colima/default/docker.sock", {}, "Colima"),
        ("c/default/docker.sock", {"COLIMA_HOME": "{root}/c"}, "Colima"),
        ("h/.orbstack/run/docker.sock", {}, "OrbStack"),
        ("h/.lima/docker/sock/docker.sock", {}, "Lima"),
        ("l/vm/sock/docker.sock", {"LIMA_HOME": "{root}/l"}, "Lima"),
        ("h/.local/share/containers/podman/machine/podman.sock", {}, "podman machine"),
        ("t/podman/podman-machine-default-api.sock", {"TMPDIR": "{root}/t"}, "podman machine"),
        ("x/podman/podman.sock", {"XDG_RUNTIME_DIR": "{root}/x"}, "podman rootless"),
        ("run/podman/podman.sock", {}, "podman rootful"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_engine_is_found_where_it_listens(
    root: Path, path: str, environ: Mapping[str, str], name: str
) -> None:
    with engine(root / path):
        assert source(root, {k: v.format(root=root) for k, v in environ.items()}) == name


def test_what_was_found_is_told_whole(root: Path) -> None:
    with engine(root / "run/podman/podman.sock", version="1.41", podman="4.3.1") as url:
        found = find(NOTHING, root / "h", root=root)
    assert (found.url, found.flavor, found.api) == (url, Flavor.PODMAN, (1, 41))
    assert (found.start, found.passed_over) == ("sudo systemctl start podman.socket", ())


def test_docker_host_counts_more_than_all_else(root: Path) -> None:
    context(root / "h/.docker", "c", f"unix://{root}/c.sock", current=True)
    default = root / "var/run/docker.sock"
    with engine(root / "own.sock") as own, engine(root / "c.sock"), engine(default):
        assert source(root, {"DOCKER_HOST": own, "DOCKER_CONTEXT": "c"}) == "DOCKER_HOST"
        assert source(root, {"DOCKER_CONTEXT": "c"}) == "DOCKER_CONTEXT (c)"
        assert source(root) == "the Docker context `c`"
        assert source(root, {"DOCKER_CONTEXT": "default"}) == "the default socket"


def test_a_named_engine_that_is_silent_is_not_replaced_by_another(root: Path) -> None:
    with engine(root / "var/run/docker.sock"):
        error = refusal(root, {"DOCKER_HOST": f"unix://{root}/gone.sock"})
    assert error.message == (
        f"no Docker engine: DOCKER_HOST ({root}/gone.sock): there is no such socket"
    )
    assert error.hint == "unset DOCKER_HOST"


def test_a_socket_whose_path_is_too_long_for_the_system_is_said(root: Path) -> None:
    error = refusal(root, {"DOCKER_HOST": f"unix://{root}/{'x' * 120}"})
    assert error.message.endswith(": af_unix path too long")


def test_a_named_context_that_is_not_there_is_an_error(root: Path) -> None:
    with engine(root / "var/run/docker.sock"):
        error = refusal(root, {"DOCKER_CONTEXT": "nope"})
    assert error.message == (
        f"no Docker engine: DOCKER_CONTEXT (nope): there is no such context in `{root}/h/.docker`"
    )


def test_a_current_context_that_is_stale_is_passed_over_and_said(root: Path) -> None:
    context(root / "h/.docker", "desktop-linux", f"unix://{root}/gone.sock", current=True)
    with engine(root / "h/.colima/default/docker.sock"):
        found = find(NOTHING, root / "h", root=root)
    assert (found.source, found.passed_over) == (
        "Colima",
        (f"the Docker context `desktop-linux` ({root}/gone.sock): there is no such socket",),
    )


def test_docker_config_says_where_contexts_are(root: Path) -> None:
    context(root / "cfg", "c", f"unix://{root}/c.sock", current=True)
    with engine(root / "c.sock"):
        assert source(root, {"DOCKER_CONFIG": str(root / "cfg")}) == "the Docker context `c`"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"currentContext": 3}', '{"auths": {}}'])
def test_a_config_without_context_is_no_hindrance(root: Path, text: str) -> None:
    (root / "h/.docker").mkdir()
    (root / "h/.docker/config.json").write_text(text, "utf-8")
    with engine(root / "var/run/docker.sock"):
        assert source(root) == "the default socket"


@pytest.mark.parametrize(
    "host",
    ["ssh://me@far", "tcp://192.0.2.1:2375", "tcp://far:2375", "https://far"],
)
def test_an_engine_on_another_machine_is_refused(root: Path, host: str) -> None:
    assert refusal(root, {"DOCKER_HOST": host}).message == (
        f"no Docker engine: DOCKER_HOST: {host} is another machine,"
        " and the gateway's ports would be open there only"
    )


@pytest.mark.parametrize("host", ["nonsense", "/var/run/docker.sock", "npipe:////./pipe/x", "://"])
def test_what_is_no_address_is_refused(root: Path, host: str) -> None:
    assert "is no address of the form" in refusal(root, {"DOCKER_HOST": host}).message


@pytest.mark.parametrize(
    "form", ["tcp://127.0.0.1:{}", "tcp://localhost:{}/", "http://127.0.0.1:{}"]
)
def test_an_engine_on_a_loopback_port_is_taken(root: Path, form: str) -> None:
    with tcp_engine() as port:
        assert source(root, {"DOCKER_HOST": form.format(port)}) == "DOCKER_HOST"


def test_a_context_brings_its_certificates(root: Path) -> None:
    authority = trustme.CA()
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.verify_mode = ssl.CERT_REQUIRED
    authority.issue_cert("127.0.0.1").configure_cert(served)
    authority.configure_trust(served)
    with tcp_engine(tls=served) as port:
        own = context(root / "h/.docker", "c", f"tcp://127.0.0.1:{port}", current=True)
        assert "the Docker context `c`" in refusal(root).message
        own.mkdir(parents=True)
        client = authority.issue_cert("client")
        authority.cert_pem.write_to_path(str(own / "ca.pem"))
        client.cert_chain_pems[0].write_to_path(str(own / "cert.pem"))
        client.private_key_pem.write_to_path(str(own / "key.pem"))
        assert source(root) == "the Docker context `c`"


@pytest.mark.parametrize(
    ("faulty", "why"),
    [
        ({"version": "1.40"}, "it speaks Engine API 1.40, and 1.41 (Docker 20.10) is needed"),
        ({"version": ""}, "what answers there is no Docker engine"),
        ({"status": 500}, "what answers there is no Docker engine"),
        ({"silent": True}, "no answer within 0.3 s"),
    ],
    ids=["old", "no engine", "broken", "silent"],
)
def test_an_engine_that_cannot_be_used_is_named_with_the_reason(
    root: Path, faulty: dict[str, object], why: str
) -> None:
    path = root / "var/run/docker.sock"
    with engine(path, **faulty):  # type: ignore[arg-type]
        assert f"\n  the default socket ({path}): {why}" in refusal(root).message


def test_a_socket_whose_engine_died_is_passed_over(root: Path) -> None:
    path = root / "var/run/docker.sock"
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with engine(root / "h/.orbstack/run/docker.sock"):
        assert source(root) == "OrbStack"
    assert f"the default socket ({path}): nobody listens there" in refusal(root).message


def test_without_any_engine_all_that_was_tried_is_said(root: Path) -> None:
    error = refusal(root)
    assert error.message == (
        "no Docker engine answers; tried:\n"
        "  no socket: the default socket, Docker Desktop, Docker rootless, Rancher Desktop, Colima,"
        " OrbStack, Lima, podman machine, podman rootless, podman rootful"
    )
    assert (error.hint, error.code, error.exit_code) == (
        "aigw start --engine envoy",
        "docker_missing",
        5,
    )


def test_each_runtime_that_is_installed_is_named_with_the_command_that_starts_it(
    root: Path,
) -> None:
    (root / "h/.colima").mkdir()
    (root / "bin").mkdir()
    for name in ("dockerd", "podman"):
        (root / "bin" / name).touch(mode=0o755)
    (root / "run/systemd/system").mkdir(parents=True)
    assert refusal(root, {"PATH": str(root / "bin")}).hint.splitlines() == [
        "sudo systemctl start docker",
        "colima start",
        "systemctl --user start podman.socket",
    ]


def test_a_socket_that_is_for_others_is_said_with_the_group_that_may(root: Path) -> None:
    path = root / "var/run/docker.sock"
    with engine(path):
        if os.geteuid() == 0:
            root.chmod(0o755)
            os.chown(path, 0, 5)  # tty: a group that every Linux has
        path.chmod(0o660 if os.geteuid() == 0 else 0)

        def asked() -> list[str]:
            error = refusal(root)
            return [error.message.splitlines()[1], error.hint]

        if os.geteuid() == 0:
            assert as_nobody(asked) == [
                f"  the default socket ({path}): permission denied: it is for the group `tty`",
                'sudo usermod -aG tty "$USER" && newgrp tty',
            ]
        else:
            assert "permission denied" in asked()[0]


def test_finding_an_engine_and_naming_an_image_needs_no_slow_library() -> None:
    names = "docker_hosts", "docker_images", "containers", "registries", "region", "ports"
    script = (
        f"import sys; {'; '.join(f'import aigw.clients.{name}' for name in names)}\n"
        "print(*sorted({'docker', 'requests', 'httpx', 'tzlocal'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
