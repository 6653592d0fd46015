import datetime

import pytest

from aigw.errors import SpecInvalid
from aigw.spec.forms import DIGEST, MEMORY, REGISTRY, REPOSITORY, TAG
from aigw.spec.reading import parse
from tests.unit.spec.trees import auto_with, tree_of

LOOPBACK = (
    "must be a loopback address such as 127.0.0.1: the gateway has no keys for its clients yet, "
    "so nobody else may reach it"
)
NAME_MUST = (
    "must be of letters, digits, `.`, `_` and `-`, begin with a letter or a digit, "
    "and not be `default`"
)
PORT = "must be a whole number from 1 to 65535"
ONE_OF_TWO = "is one of two: a rule has either `trigger` or `pattern`"


MALFORMED = {
    "an empty file": (None, ["is empty"]),
    "a text": ("aigw", ["must be a mapping that begins with apiVersion"]),
    "no version": ({}, ["apiVersion: is missing"]),
    "a newer version": (
        {"apiVersion": "aigw/v2", "provider": {}},
        ["apiVersion: is 'aigw/v2', of a newer aigw; this one reads `aigw/v1`: upgrade aigw"],
    ),
    "another version": (
        {"apiVersion": "v1", "x": 1},
        ["apiVersion: must be `aigw/v1`", "x: is unknown"],
    ),
    "a version that is not out": (
        {"apiVersion": "aigw/v1beta1"},
        ["apiVersion: must be `aigw/v1`"],
    ),
    "a number as version": ({"apiVersion": 1}, ["apiVersion: must be `aigw/v1`"]),
    "unknown keys": (
        tree_of(Engine="envoy", autorouting={}, zzz=1, images={}),
        [
            "Engine: is unknown; did you mean `engine`?",
            "autorouting: is unknown; did you mean `autoRouting`?",
            "zzz: is unknown",
            "images: is unknown; did you mean `image`?",
        ],
    ),
    "a key that is no text": (
        {"apiVersion": "aigw/v1", 1: 2, datetime.date(2026, 1, 1): 4},
        [
            "[1]: is no key, but a number",
            "[datetime.date(2026, 1, 1)]: is no key, but a date or the like",
        ],
    ),
    "a key that cannot be printed": (
        tree_of(**{"a\nb\x1b[31m": 1, "a" * 999: 1}),
        [
            r"['a\nb\x1b[31m']: is unknown",
            f"['{'a' * 56}...]: is unknown",
        ],
    ),
    "an image": (
        tree_of(
            image={
                "repository": "higress/all-in-one:latest",
                "tag": "a b",
                "digest": "sha256:1",
                "registry": "https://registry.example.com",
                "pull": "sometimes",
            }
        ),
        [
            f"image.repository: {REPOSITORY.must}",
            f"image.tag: {TAG.must}",
            f"image.digest: {DIGEST.must}",
            f"image.registry: {REGISTRY.must}",
            "image.pull: must be `always`, `missing` or `never`",
        ],
    ),
    "limits of a container": (
        tree_of(container={"memory": "2 GB", "cpus": 0}),
        [
            f"container.memory: {MEMORY.must}",
            "container.cpus: must be a whole number from 1 to 1024",
        ],
    ),
    "an unknown engine": (
        tree_of(engine="envoi"),
        ["engine: must be `auto`, `higress` or `envoy`; did you mean `envoy`?"],
    ),
    "an engine that is no text": (
        tree_of(engine=["envoy"]),
        ["engine: must be `auto`, `higress` or `envoy`"],
    ),
    "ports": (
        tree_of(listen={"http": True, "https": 0, "console": 65536}),
        [f"listen.http: {PORT}", f"listen.https: {PORT}", f"listen.console: {PORT}"],
    ),
    "a port as text": (tree_of(listen={"http": "8080"}), [f"listen.http: {PORT}"]),
    "a port with a fraction": (tree_of(listen={"http": 80.5}), [f"listen.http: {PORT}"]),
    "every address": (tree_of(listen={"address": "0.0.0.0"}), [f"listen.address: {LOOPBACK}"]),
    "a foreign address": (
        tree_of(listen={"address": "192.0.2.1"}),
        [f"listen.address: {LOOPBACK}"],
    ),
    "a false loopback address": (
        tree_of(listen={"address": "127.0.0.1.evil"}),
        [f"listen.address: {LOOPBACK}"],
    ),
    "a list as listen": (tree_of(listen=[8080]), ["listen: must be a mapping, not a list"]),
    "keys for clients": (
        tree_of(consumers={"auth": "keys"}),
        ["consumers.auth: must be `none`: keys for clients of the gateway are not there yet"],
    ),
    "prompts kept": (
        tree_of(logging={"content": True}),
        ["logging.content: must be false: keeping prompts and answers is not there yet"],
    ),
    "prompts kept, by number": (
        tree_of(logging={"content": 0}),
        ["logging.content: must be false: keeping prompts and answers is not there yet"],
    ),
    "auto-routing as a word": (
        tree_of(autoRouting="on"),
        ["autoRouting: must be a mapping, not text"],
    ),
    "auto-routing on by word": (
        auto_with(enabled="yes"),
        ["autoRouting.enabled: must be true or false, not text"],
    ),
    "names of rules": (
        auto_with(
            {"name": "default", "pattern": "a", "model": "m"},
            {"name": "深", "pattern": "a", "model": "m"},
            {"name": "a b", "pattern": "a", "model": "m"},
            {"pattern": "a", "model": "m"},
        ),
        [
            f"autoRouting.rules[0].name: {NAME_MUST}",
            f"autoRouting.rules[1].name: {NAME_MUST}",
            f"autoRouting.rules[2].name: {NAME_MUST}",
            "autoRouting.rules[3].name: is missing",
        ],
    ),
    "a rule with both or neither": (
        auto_with(
            {"name": "a", "model": "m"},
            {"name": "b", "model": "m", "trigger": "x", "pattern": "x"},
            {"name": "c", "model": "m", "trigger": None, "pattern": None},
        ),
        [f"autoRouting.rules[{index}].pattern: {ONE_OF_TWO}" for index in range(3)],
    ),
    "empty phrases": (
        auto_with(
            *(
                {"name": f"r{i}", "model": "m", "trigger": text}
                for i, text in enumerate(["a||b", "|a", "a| ", "a\nb"])
            )
        ),
        [
            f"autoRouting.rules[{index}].trigger: must be phrases with `|` between them, "
            "none empty, without control characters"
            for index in range(4)
        ],
    ),
    "a pattern that is too long": (
        auto_with({"name": "a", "model": "m", "pattern": "a" * 8193}),
        ["autoRouting.rules[0].pattern: has 8193 characters; 8192 is the most"],
    ),
    "too many rules": (
        auto_with(*[{"name": "a", "model": "m", "pattern": "a"}] * 10_000),
        ["autoRouting.rules: has 10000 items; 500 is the most"],
    ),
}


@pytest.mark.parametrize(
    ("tree", "expected"), [pytest.param(*row, id=name) for name, row in MALFORMED.items()]
)
def test_a_malformed_tree_is_refused_with_its_paths(tree: object, expected: list[str]) -> None:
    with pytest.raises(SpecInvalid) as refused:
        parse(tree, source="gateway.yaml")
    assert [str(problem) for problem in refused.value.problems] == expected
