"""The image's own files are edited where we must, and are else as they were."""

import pytest

from aigw.rendering.higress import HigressSettings, Resources, render
from aigw.rendering.higress_defaults import with_scalar
from aigw.rendering.store_yaml import load
from aigw.spec.secret import Secret
from tests.unit.rendering.stores import BRIDGE, GENERATION, spec_for_higress


def test_what_the_image_says_beyond_our_edits_stays() -> None:
    defaults: Resources = {
        "configmaps/higress-config.yaml": {
            "metadata": {"labels": {"theirs": "1"}},
            "data": {
                "higress": "# theirs\nnew: {connectionBufferLimits: 1}\ndownstream:\n  a: 1\n",
                "mesh": "accessLogFile: /dev/stdout\ntheirs: [1]\n",
                "meshNetworks": "networks: {}",
                "another": "x",
            },
        },
        BRIDGE: {"metadata": {}, "spec": {"registries": [{"name": "nacos"}], "proxies": []}},
        "services/x.yaml": {},
    }
    settings = HigressSettings(defaults=defaults, password=Secret("p"))
    store = render(spec_for_higress(), {}, settings, generation=GENERATION)
    config = store["configmaps/higress-config.yaml"]
    assert config["metadata"]["labels"] == {"theirs": "1", "higress.io/resource-definer": "higress"}
    data = {**config["data"]}
    assert load(data.pop("higress")) == {
        "new": {"connectionBufferLimits": 1},
        "downstream": {"a": 1, "connectionBufferLimits": 33554432},
    }
    assert data == {
        "mesh": '"accessLogFile": /var/log/proxy/access.log\ntheirs: [1]\ndnsRefreshRate: 30s',
        "meshNetworks": "networks: {}",
        "another": "x",
    }
    assert store[BRIDGE]["spec"] == {"registries": [{"name": "nacos"}], "proxies": []}
    assert "services/x.yaml" not in store


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1",
        "top:\n  limit: 1\n",
        "top:\n  b: 2\n  # limit: 9\n  limit: 1 # old\n",
        "other:\n  limit: 7\ntop:\n  'limit': 1\n",
        "top: {limit: 1, b: 2}\n",
        "top:\n  deep:\n    limit: 7\n  limit: 1\n",
        "limit: 5\n",
        "top:\nb: |\n  top:\n    limit: 1\n",
    ],
)
def test_one_value_of_a_text_is_set_and_nothing_else(text: str) -> None:
    wanted = load(text)
    wanted["top"] = {**(wanted.get("top") or {}), "limit": 5}
    assert load(with_scalar(text, ("top", "limit"), 5)) == wanted


def test_the_log_file_is_no_bare_key_however_the_text_was_written() -> None:
    for text in ("accessLogFile: a\n", "{accessLogFile: a, b: c}", "b: c\n", "'accessLogFile': a"):
        edited = with_scalar(text, ("accessLogFile",), "/x")
        assert load(edited)["accessLogFile"] == "/x"
        assert not any(line.startswith("accessLogFile") for line in edited.splitlines())
