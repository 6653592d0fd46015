import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw.errors import AigwError, BadUsage, CannotWrite, NotOurs, UnknownGateway
from aigw.state.paths import GatewayPaths, Home
from tests.unit.state.children import as_nobody


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose name is short enough for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def home(tmp_path: Path, short: Path) -> Home:
    return Home(folder=tmp_path / "home", runtime=short / "aigw")


def made(paths: GatewayPaths) -> GatewayPaths:
    """Make a gateway there."""
    paths.prepare()
    paths.spec.touch()
    return paths


def words(error: pytest.ExceptionInfo[AigwError]) -> str:
    return error.value.message


def test_the_home_is_what_the_environment_names(tmp_path: Path) -> None:
    assert Home.find({"AIGW_HOME": str(tmp_path)}).folder == tmp_path


def test_the_home_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Home.find({"AIGW_HOME": "here"}).folder == tmp_path / "here"


def test_without_a_name_the_home_is_the_platforms_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    found = Home.find({"AIGW_HOME": ""}).folder
    assert (found.name, tmp_path in found.parents) == ("aigw", True)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "-a", "a/b", "a\0", "a\n", "ä", "a" * 65, "_a", "a b", "../x"]
)
def test_a_name_that_is_no_plain_file_name_is_refused(home: Home, name: str) -> None:
    with pytest.raises(BadUsage, match="cannot be a gateway's name"):
        home.gateway(name)


@pytest.mark.parametrize("name", ["a", "higress-ai-gateway", "A.b_c-9", "9" * 64])
def test_a_plain_name_is_taken(home: Home, name: str) -> None:
    assert home.gateway(name).folder == home.gateways / name


def test_a_gateway_is_there_once_it_has_a_spec(home: Home) -> None:
    home.prepare("b")
    made(home.prepare("a"))
    (home.gateways / ".hidden").mkdir()
    (home.gateways / "file").touch()
    assert home.names() == ("a",)


def test_an_unknown_gateway_names_those_that_are_there(home: Home) -> None:
    made(home.prepare("a"))
    made(home.prepare("b"))
    with pytest.raises(UnknownGateway) as error:
        home.existing("c")
    assert words(error) == "there is no gateway `c`; there is `a`, `b`"


def test_the_first_gateway_is_started(home: Home) -> None:
    with pytest.raises(UnknownGateway) as error:
        home.existing("c")
    assert (words(error), error.value.hint) == (
        "there is no gateway `c`; there is none yet",
        "aigw start",
    )


def test_every_folder_of_a_gateway_is_private(home: Home) -> None:
    paths = made(home.prepare("a"))
    loose = [
        folder
        for root in (paths.folder, paths.runtime.parent)
        for folder in (root, *root.rglob("*"))
        if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) != 0o700
    ]
    assert loose == []
    assert stat.S_IMODE(paths.runtime_note.stat().st_mode) == 0o600


def test_a_linked_gateway_lives_in_its_data_folder(home: Home, tmp_path: Path) -> None:
    data = tmp_path / "数据, of mine"
    made(home.link("a", data))
    again = home.link("a", data)
    assert (again.folder, home.names(), home.existing("a").spec.exists()) == (data, ("a",), True)


def test_a_link_goes_and_its_data_stays(home: Home, tmp_path: Path) -> None:
    made(home.link("a", tmp_path / "data"))
    home.unlink("a")
    assert (home.names(), (tmp_path / "data" / "gateway.yaml").exists()) == ((), True)


def test_a_folder_with_data_is_not_unlinked(home: Home) -> None:
    paths = made(home.prepare("a"))
    home.unlink("a")
    assert paths.spec.exists()


def test_an_empty_folder_is_unlinked(home: Home) -> None:
    home.prepare("a")
    home.unlink("a")
    home.unlink("a")
    assert list(home.gateways.iterdir()) == []


def test_a_data_folder_that_is_gone_is_named(home: Home, tmp_path: Path) -> None:
    paths = made(home.link("a", tmp_path / "data"))
    paths.folder.rename(tmp_path / "moved")
    with pytest.raises(UnknownGateway) as error:
        home.existing("a")
    assert words(error) == f"the data folder of gateway `a` is gone: `{tmp_path / 'data'}`"


def test_a_gateway_stays_where_it_is(home: Home, tmp_path: Path) -> None:
    paths = made(home.prepare("a"))
    with pytest.raises(BadUsage) as error:
        home.link("a", tmp_path / "data")
    assert words(error).startswith(f"gateway `a` lives in `{paths.folder}`")
    assert not (tmp_path / "data").exists()


def test_two_gateways_do_not_share_a_data_folder(home: Home, tmp_path: Path) -> None:
    made(home.link("a", tmp_path / "data"))
    with pytest.raises(BadUsage, match="is the data folder of gateway `a`"):
        home.link("b", tmp_path / "data")


def test_a_folder_that_holds_other_things_is_left_alone(home: Home, tmp_path: Path) -> None:
    data = tmp_path / "documents"
    data.mkdir(mode=0o755)
    (data / "letter.txt").touch()
    with pytest.raises(NotOurs, match=r"holds other things \(`letter.txt`\)"):
        home.link("a", data)
    assert (stat.S_IMODE(data.stat().st_mode), home.names()) == (0o755, ())


def test_a_folder_with_a_gateway_by_hand_is_taken(home: Home, tmp_path: Path) -> None:
    data = tmp_path / "repository"
    data.mkdir()
    for name in ("gateway.yaml", "README.md"):
        (data / name).touch()
    assert home.link("a", data).folder == data


def test_a_socket_can_be_made_for_a_data_folder_of_any_length(home: Home, tmp_path: Path) -> None:
    paths = home.link("a", tmp_path.joinpath(*["数" * 80] * 10))
    paths.prepare()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(paths.admin_socket))
    assert len(os.fsencode(paths.admin_socket)) <= 107


def test_two_data_folders_have_two_runtime_folders(home: Home) -> None:
    assert home.gateway("a").runtime != home.gateway("b").runtime


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "wiped"])
def test_another_environment_finds_the_sockets(home: Home, short: Path, *, kept: bool) -> None:
    here = made(home.prepare("a"))
    elsewhere = Home(folder=home.folder, runtime=short / "other")
    if not kept:
        here.runtime.rmdir()
    found = elsewhere.existing("a").runtime
    assert found == (here.runtime if kept else short / "other" / here.runtime.name)


def test_sockets_are_in_the_sessions_runtime_folder(short: Path) -> None:
    assert Home.find({"XDG_RUNTIME_DIR": str(short)}).runtime == short / "aigw"


@pytest.mark.parametrize(
    "session",
    ["relative", "/nowhere", "/usr", "{long}"],
    ids=["relative", "missing", "another user's", "too long for a socket"],
)
def test_a_bad_session_folder_is_passed_over(session: str) -> None:
    def work() -> bool:
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            long = Path(folder) / ("x" * 90)
            long.mkdir()
            environ = {"XDG_RUNTIME_DIR": session.format(long=long), "TMPDIR": folder}
            found = Home.find({**environ, "AIGW_HOME": "/x"}).runtime
            return found == Path(folder) / f"aigw-{os.geteuid()}"

    assert as_nobody(work) is True


@pytest.mark.parametrize(
    ("mode", "safe"),
    [
        pytest.param(0o1777, True, id="sticky"),
        pytest.param(0o777, False, id="anybody renames"),
    ],
)
def test_a_temporary_folder_where_others_could_swap_ours_is_passed_over(
    short: Path, *, mode: int, safe: bool
) -> None:
    short.chmod(mode)
    found = Home.find({"TMPDIR": str(short), "AIGW_HOME": "/x"}).runtime
    assert (found.parent == short) is safe


@pytest.mark.parametrize("attack", ["link", "looser folder"])
def test_a_trap_in_the_temporary_folder_catches_nothing(
    home: Home, short: Path, attack: str
) -> None:
    trap = short / "trap"
    trap.mkdir()
    paths = home.prepare("a")
    if attack == "link":
        home.runtime.symlink_to(trap)
        with pytest.raises(CannotWrite, match="is not a folder"):
            paths.prepare()
    else:
        home.runtime.mkdir()
        home.runtime.chmod(0o777)
        paths.prepare()
        assert stat.S_IMODE(home.runtime.stat().st_mode) == 0o700
    assert list(trap.iterdir()) == []


def test_a_runtime_folder_of_another_user_is_refused() -> None:
    def work() -> str:
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            paths = Home(folder=Path(folder), runtime=Path("/usr")).prepare("a")
            try:
                paths.prepare()
            except CannotWrite as error:
                return error.message
            return ""

    assert as_nobody(work) == "folder `/usr` belongs to another user"
