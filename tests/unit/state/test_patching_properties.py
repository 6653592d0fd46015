"""Any document, edited in any way, means what it is to mean, and keeps the lines not meant."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aigw.state.document import BLOCKS
from aigw.state.patching import patched
from aigw.state.reading import compose, plain

Tree = dict[str, Any]
NAMES = st.sampled_from("abcdef")
TEXTS = st.sampled_from(["x", "y z", "1e3", "# no", "a: b", "深|思", "- q", "'", '"', "{", "  "])
LISTS = st.lists(TEXTS, max_size=4)
PROVIDERS: st.SearchStrategy[Tree] = st.builds(
    lambda name, more: {"id": name, **more},
    NAMES,
    st.dictionaries(st.sampled_from(["type", "models", "keys", "options"]), TEXTS | LISTS),
)
VERSION: dict[str, st.SearchStrategy[Any]] = {"apiVersion": TEXTS}
DOCUMENTS: st.SearchStrategy[Tree] = st.fixed_dictionaries(
    VERSION,
    optional={
        "listen": st.dictionaries(st.sampled_from(["http", "address"]), TEXTS),
        "providers": st.lists(PROVIDERS, max_size=4, unique_by=lambda tree: tree["id"]),
        "autoRouting": st.fixed_dictionaries(
            {}, optional={"default": TEXTS, "enabled": st.booleans(), "rules": LISTS}
        ),
    },
)


@st.composite
def written(draw: st.DrawFn, value: object, indent: int) -> str:
    """Draw a way to write a value by hand; what it returns follows a colon or a dash."""
    note = draw(st.sampled_from(["", "  # note", ""]))
    if not isinstance(value, dict | list) or not value or draw(st.booleans()):
        return f" {draw(flow(value))}{note}\n"
    pad = " " * (indent + draw(st.sampled_from([1, 2, 4])))
    lines = [f"{note}\n"]
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        above = draw(st.sampled_from(["", "", f"{pad}# about {key}\n", "\n", "# far left\n"]))
        head = f"{pad}{key}:" if isinstance(value, dict) else f"{pad}-"
        lines += [above, head, draw(written(item, len(pad)))]
    return "".join(lines)


@st.composite
def flow(draw: st.DrawFn, value: object) -> str:
    """Draw a way to write a value on one line."""
    space = draw(st.sampled_from(["", " ", "   "]))
    match value:
        case dict():
            pairs = [f"{key}: {draw(flow(item))}" for key, item in value.items()]
            return f"{{{space}{f',{space} '.join(pairs)}{space}}}"
        case list():
            return f"[{space}{f',{space} '.join([draw(flow(item)) for item in value])}{space}]"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case _:
            return str(value).lower()


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, Tree, Tree]:
    """Draw a document by hand, what it means, and what it is to mean."""
    old, new = draw(DOCUMENTS), draw(DOCUMENTS)
    text = "".join(f"{key}:{draw(written(value, 0))}" for key, value in old.items())
    return f"# top\n{text}# end\n", old, new


@settings(deadline=None)
@given(documents())
def test_any_document_means_what_it_is_to_mean(drawn: tuple[str, Tree, Tree]) -> None:
    text, old, new = drawn
    node = compose(text, source="x")
    assert plain(node) == old
    result = patched(text, node, old, new, blocks=BLOCKS)
    assert plain(compose(result, source="x")) == new
    assert result.startswith("# top\n")
    assert result.count("# end") == 1


@settings(deadline=None)
@given(documents())
def test_what_is_only_added_leaves_every_line_alone(drawn: tuple[str, Tree, Tree]) -> None:
    text, old, _ = drawn
    result = patched(text, compose(text, source="x"), old, {**old, "new": 1}, blocks=BLOCKS)
    assert [line for line in result.splitlines() if line != "new: 1"] == text.splitlines()
