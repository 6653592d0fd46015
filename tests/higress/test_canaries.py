"""However a key came in, nothing shows it: no Docker, no log, no file that others may read."""

import json
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.faults.canaries import files_with, watched
from tests.higress.higress_machine import HigressMachine, openai
from tests.higress.upstreams import Upstream, eventually
from tests.world import PATIENCE, ROOT, Ended

pytestmark = pytest.mark.docker
WAYS = ("start", "flag", "stdin", "variable", "reference", "file")
KEYS = {way: f"sk-canary-{number}{way.title()}QzXw0123456789" for number, way in enumerate(WAYS)}
CLIENT = "sk-canary-ClientQzXw0123456789"
HOLDERS = {"credentials.yaml", "ai-proxy.internal.yaml", "applied.json"}
LOUD = ("-v", "--debug")
COMMANDS = (
    ("config", "list"),
    ("config", "list", "--json"),
    ("config", "show", "--raw"),
    ("config", "check"),
    ("route", "default", "gpt-4o", *LOUD),
    ("route", "add", "--model", "gpt-4o", "--trigger", "deep", *LOUD),
    ("status", "--probe", *LOUD),
    ("status", "--json"),
    ("plan", "--diff"),
    ("console",),
    ("logs", "--json"),
    ("logs", "--engine"),
    ("start", "--non-interactive", "--memory", "2g", *LOUD),
    ("export", "kubernetes", "--out", "-", *LOUD),
    ("export", "kubernetes", "--out", "for-git", "--secrets", "omit", *LOUD),
    ("export", "kubernetes", "--out", "with-keys", *LOUD),
    ("config", "remove", "--provider", "deepseek", *LOUD),
    ("config", "add", "--provider", "openai", "--set", "nonsense=1", "--key", KEYS["flag"], *LOUD),
    ("restart", *LOUD),
)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """The provider of all keys."""
    with Upstream() as provider:
        yield provider


@contextmanager
def events() -> Iterator[list[bytes]]:
    """Hear all that the engine tells everybody."""
    heard: list[bytes] = []
    client = docker.from_env()
    stream: Any = client.events()

    def listen() -> None:
        heard.extend(stream)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        stream.close()
        thread.join(10)
        client.close()


def given(machine: HigressMachine, upstream: Upstream) -> list[Ended]:
    """Give a key in every way there is; return all that was said."""
    url = ("--url", f"http://{upstream.ip}:8000/v1")
    (machine.folder / "key").write_text(KEYS["file"])

    def add(provider: str, *more: str, stdin: str = "") -> Ended:
        words = ("config", "add", "--provider", provider, "--no-check", *url, *LOUD)
        return machine.run(*words, "--models", f"{provider}-model", *more, stdin=stdin)

    file = str(machine.document(openai(upstream)))
    return [
        machine.start("--file", file, "--openai-key", KEYS["start"], *LOUD),
        add("deepseek", "--key", KEYS["flag"]),
        add("groq", "--key-stdin", "--json", stdin=KEYS["stdin"]),
        add("mistral"),
        add("moonshot", "--key-env", "MY_OWN_NAME"),
        add("baichuan", "--key-file", str(machine.folder / "key")),
    ]


PROVIDERS = {
    "openai": "start",
    "deepseek": "flag",
    "groq": "stdin",
    "mistral": "variable",
    "moonshot": "reference",
    "baichuan": "file",
}


def shown_by_docker(machine: HigressMachine) -> str:
    """Return what the engine shows of container and image to whoever may ask it."""
    container = machine.container
    image = container.image
    environ = machine.sh("tr '\\0' '\\n' </proc/1/environ; env; ps axww")
    seen = (container.attrs, image.attrs, image.history())
    return f"{json.dumps(seen, default=str)}{container.logs().decode()}{environ}"


def exported_by_docker(machine: HigressMachine, secrets: list[str]) -> set[str]:
    """Return the secrets that `docker export` would give away: the files of the container."""
    wanted = {secret: secret.encode() for secret in secrets}
    found, rest = set(), b""
    for piece in machine.container.export():
        text = rest + piece
        found |= {secret for secret, content in wanted.items() if content in text}
        rest = text[-100:]
    return found


def asked(machine: HigressMachine, model: str) -> str:
    """Ask as a client that puts a key of its own everywhere; return all that comes back."""
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hi"}]})
    headers = {"authorization": f"Bearer {CLIENT}", "x-api-key": CLIENT, "cookie": f"a={CLIENT}"}
    with closing(HTTPConnection("127.0.0.1", machine.port, timeout=PATIENCE)) as connection:
        connection.request("POST", "/v1/chat/completions", body, headers)
        answer = connection.getresponse()
        return f"{answer.status} {answer.getheaders()} {answer.read()!r}"


def test_keys_and_passwords_are_seen_only_where_they_belong(
    tmp_path: Path, upstream: Upstream
) -> None:
    environment = {"MISTRAL_API_KEY": KEYS["variable"], "MY_OWN_NAME": KEYS["reference"]}
    tmp_path.chmod(0o755)
    secrets = [*KEYS.values(), CLIENT]
    with (
        HigressMachine(folder=tmp_path, name="f-keys", environment=environment) as machine,
        events() as told,
    ):
        with watched(secrets) as watch:
            said = given(machine, upstream)
            for provider, way in PROVIDERS.items():
                upstream.forget()
                model = "gpt-4o" if provider == "openai" else f"{provider}-model"
                answer = asked(machine, model)
                assert answer.startswith("200"), answer
                assert upstream.last().header("authorization") == f"Bearer {KEYS[way]}"
                assert CLIENT not in str(upstream.last())
            said += [machine.run(*words, expect=None) for words in COMMANDS]
        password = machine.account()[1]
        secrets.append(password)
        assert [one for one in said if one.code not in {0, 2}] == []
        errors = [asked(machine, model) for model in ("nobody-serves-this", 'a"b', "auto")]
        text = f"{said}{errors}{shown_by_docker(machine)}{b''.join(told)!r}"
        assert [secret for secret in secrets if secret in text] == []
        assert exported_by_docker(machine, secrets) == set()
        # The command that was given a key in its arguments shows it, and nothing else does.
        assert {one.where for one in watch.seen if one.command[1:3] != ("-m", "aigw")} == set()
        assert CLIENT not in {one.key for one in watch.seen}
        holders = files_with(tmp_path, secrets)
        wanted = {*HOLDERS, "key", "higress-console.yaml"}
        assert {path.name for path in holders} <= wanted, holders
        outside = {path.parent for path in holders if machine.data not in path.parents}
        assert outside == {tmp_path, tmp_path / "with-keys" / "secrets"}
        eventually(lambda: (machine.data / "logs" / "higress" / "access.log").stat().st_size)
        assert reachable(tmp_path) & {*machine.data.rglob("*")} == set()
        machine.run("delete", "--purge", "--yes")
        left = {path.parent for path in files_with(tmp_path, secrets)}
        assert left == outside  # what a person had written elsewhere is theirs


def reachable(folder: Path) -> set[Path]:
    """Return every file below that any user of this machine could come to and read."""
    found = set()
    for place, folders, files in os.walk(folder):
        open_ = [name for name in folders if _mode(Path(place, name)) & stat.S_IXOTH]
        folders[:] = open_
        found |= {Path(place, name) for name in files if _mode(Path(place, name)) & stat.S_IROTH}
    return found


def _mode(path: Path) -> int:
    return path.lstat().st_mode


def test_a_crash_report_of_this_engine_has_no_key(tmp_path: Path) -> None:
    with HigressMachine(folder=tmp_path, name="f-crash") as machine:
        machine.environment = {"PYTHONPATH": f"{_broken(tmp_path)}{os.pathsep}{ROOT}"}
        words = ("--openai-key", KEYS["start"], *LOUD)
        ended = machine.start(*words, expect=1)
        assert "an error that should not happen: ZeroDivisionError" in ended.err
        assert KEYS["start"] not in f"{ended}"
        assert list(machine.home.rglob("crash-*.txt"))
        assert files_with(machine.home, [KEYS["start"]]) <= {machine.data / "credentials.yaml"}


def _broken(folder: Path) -> Path:
    """Make the engine fail in its midst, with keys in every frame."""
    place = folder / "site"
    place.mkdir()
    (place / "sitecustomize.py").write_text(
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'aigw.engines.higress_boot':\n"
        "            1 / 0\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    return place
