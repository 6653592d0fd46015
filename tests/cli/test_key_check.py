"""A provider is asked about a new key; only its own no refuses one."""

from collections.abc import Callable, Mapping

import pytest
import yaml

from tests.cli.configured import KEY
from tests.cli.program import Program, Said
from tests.envoy.upstream import Answer, Upstream
from tests.envoy.wire import Received
from tests.fakes import Person, session_of

ADDED = "added provider openai (...cdef); models gpt-4o\n"


def add(aigw: Program, url: str, *more: str, environ: Mapping[str, str] | None = None) -> Said:
    """Add a provider at that address."""
    flags = ("--provider", "openai", "--url", f"{url}/v1", "--models", "gpt-4o")
    return aigw("config", "add", *flags, *more, environ=environ)


def only(*accepted: str) -> Callable[[Received], Answer]:
    """Answer 401 to every other key."""

    def answer(request: Received) -> Answer:
        known = request.values("authorization") in [[f"Bearer {key}"] for key in accepted]
        return Answer(status=200 if known else 401)

    return answer


def test_a_key_that_the_provider_takes_is_kept(aigw: Program) -> None:
    with Upstream() as upstream:
        upstream.answers_by(only(KEY))
        said = add(aigw, upstream.url, "--key", KEY)
        assert (said.code, said.err) == (0, "")
        assert said.out.startswith(ADDED)
        assert (upstream.last().method, upstream.last().path) == ("GET", "/v1/models")


def test_a_key_that_the_provider_refuses_is_not_kept(aigw: Program) -> None:
    with Upstream() as upstream:
        upstream.answers_by(only("another"))
        said = add(aigw, upstream.url, "--key", KEY)
        assert (said.code, said.out) == (2, "")
        assert said.err == (
            "error: openai refuses the key ...cdef: it answered 401\n\n"
            "hint: give another key, or --no-check to keep this one\n"
        )
        assert not (aigw.folder / "gateway.yaml").exists()
        assert add(aigw, upstream.url, "--key", KEY, "--no-check").code == 0


def test_one_bad_key_of_several_refuses_all(aigw: Program) -> None:
    with Upstream() as upstream:
        upstream.answers_by(only(KEY))
        assert add(aigw, upstream.url, "--key", f"{KEY},sk-bad-0123456789").code == 2
        assert not (aigw.folder / "credentials.yaml").exists()


def test_a_provider_that_cannot_be_asked_is_only_a_warning(aigw: Program) -> None:
    said = add(aigw, "http://127.0.0.1:9", "--key", KEY)
    assert said.code == 0
    assert said.out.startswith(ADDED)
    assert said.err.startswith("warning: openai could not be asked about the key: ")


@pytest.mark.parametrize("status", [404, 429, 500])
def test_an_answer_that_says_nothing_of_the_key_keeps_it(aigw: Program, status: int) -> None:
    with Upstream() as upstream:
        upstream.answers(Answer(status=status))
        said = add(aigw, upstream.url, "--key", KEY)
        assert (said.code, said.err) == (0, "")


def test_a_key_behind_a_variable_is_asked_about_where_it_is_set(aigw: Program) -> None:
    with Upstream() as upstream:
        upstream.answers_by(only(KEY))
        environ = {"MINE": "sk-bad-0123456789"}
        assert add(aigw, upstream.url, "--key-env", "MINE", environ=environ).code == 2
        assert add(aigw, upstream.url, "--key-env", "MINE", environ={"MINE": KEY}).code == 0
        assert add(aigw, upstream.url, "--key-env", "NOT_SET").code == 0


def test_a_person_is_asked_for_a_key_that_no_flag_gives(aigw: Program) -> None:
    person = Person(answers=["not \u00e4 key", KEY])
    flags = ("config", "add", "--provider", "openai", "--no-check")
    said = aigw(*flags, session=session_of(person=person))
    assert (said.code, said.err) == (0, "")
    assert person.asked == ["Key for openai", "Key for openai"]
    kept = yaml.safe_load((aigw.folder / "credentials.yaml").read_text())
    assert kept == {"openai": [KEY]}
