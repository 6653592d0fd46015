"""Whatever JSON comes, the model found is the one that Python's parser finds."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.lua.program import LUAJIT

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
harmless_keys = st.text(st.characters(codec="utf-8", exclude_characters='"\\'), max_size=8)


@settings(deadline=None)
@given(
    members=st.dictionaries(harmless_keys, values, max_size=6),
    model=st.text(st.characters(categories=("L", "N", "P"), exclude_characters='"\\'), min_size=1),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 0, 2, "\t"]),
)
def test_any_json_is_read_as_pythons_parser_reads_it(
    members: dict[str, object], model: str, *, ascii_only: bool, indent: int | str | None
) -> None:
    ours = {"model", "messages", "input", "stream", "stream_options"}
    others = {
        key: value
        for key, value in members.items()
        if key.isascii() and key.isprintable() and key.lower() not in ours
    }
    text = json.dumps({**others, "model": model, "z": 1}, ensure_ascii=ascii_only, indent=indent)
    body = text.encode()
    found = LUAJIT.scan(body)
    assert isinstance(found, dict), found
    start, end = found["model_start"], found["model_end"]
    assert isinstance(start, int)
    assert isinstance(end, int)
    assert found["model"] == model
    assert json.loads(body[start - 1 : end]) == model


@settings(deadline=None)
@given(members=st.dictionaries(harmless_keys, values, max_size=4), data=st.data())
def test_one_byte_more_or_less_never_finds_another_model_than_python_does(
    members: dict[str, object], data: st.DataObject
) -> None:
    body = json.dumps({**members, "model": "m", "messages": [members]}).encode()
    at = data.draw(st.integers(0, len(body) - 1))
    new = data.draw(st.sampled_from([b"", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" "]))
    changed = body[:at] + new + body[at + 1 :]
    found = LUAJIT.scan(changed)
    try:
        tree = json.loads(changed, parse_constant=lambda _: None)
    except ValueError:
        return
    if isinstance(found, dict):
        assert tree["model"] == found["model"]
