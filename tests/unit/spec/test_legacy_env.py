"""A `default.cfg` is read as Docker reads it."""

import pytest

from aigw.spec.legacy_env import env_file, extra_configs, without


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("A=b", {"A": "b"}, id="a variable"),
        pytest.param('A="b c" # d', {"A": '"b c" # d'}, id="quotes and signs stay"),
        pytest.param("A=b=c", {"A": "b=c"}, id="the first sign counts"),
        pytest.param("A=b\\nc$D", {"A": "b\\nc$D"}, id="nothing is filled in"),
        pytest.param("# A=b\n\n  \nB=c", {"B": "c"}, id="comments and empty lines"),
        pytest.param("A=b\r\nC=d\r\n", {"A": "b", "C": "d"}, id="line ends of Windows"),
        pytest.param("\ufeffA=b", {"A": "b"}, id="a byte order mark"),
        pytest.param("A=b\nA=c", {"A": "c"}, id="the last of a name counts"),
        pytest.param("A", {}, id="a bare name is of the caller's environment"),
        pytest.param("A=中文 模型", {"A": "中文 模型"}, id="Chinese"),
    ],
)
def test_an_env_file_means_what_docker_makes_of_it(text: str, values: dict[str, str]) -> None:
    assert env_file(text).values == values


def test_lines_that_docker_refuses_are_named() -> None:
    assert env_file("A=b\nnot a name=c\n=d").bad_lines == (2, 3)


def test_printing_it_shows_no_value() -> None:
    assert "secret" not in repr(env_file("A_API_KEY=secret"))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param(
            'claudeVersion="2023-06-01",claudeCodeMode=true',
            {"claudeVersion": "2023-06-01", "claudeCodeMode": "true"},
            id="with and without quotes",
        ),
        pytest.param(
            'difyApiUrl=https://a.example/v1?x=1,2,botType="Chat"',
            {"difyApiUrl": "https://a.example/v1?x=1,2", "botType": "Chat"},
            id="a comma in a value",
        ),
        pytest.param(
            'vertexAuthKey="{"type": "a", "private_key": "b"}",vertexRegion="c"',
            {"vertexAuthKey": '{"type": "a", "private_key": "b"}', "vertexRegion": "c"},
            id="JSON in a value",
        ),
    ],
)
def test_extra_configs_are_split_where_a_name_follows(text: str, values: dict[str, str]) -> None:
    assert extra_configs(text) == values


def test_variables_are_taken_out_and_the_rest_stays() -> None:
    text = "# mine\nA_API_KEY=x\nMODE=full\nB=A_API_KEY=y\n"
    assert without(text, ["A_API_KEY"], "gone") == "# gone\n# mine\nMODE=full\nB=A_API_KEY=y\n"
