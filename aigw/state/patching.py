"""Change a document where its values changed, and leave every other character of it alone."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from aigw.state import writing
from aigw.state.difference import START, Difference, changed_keys, difference
from aigw.state.lines import Lines
from aigw.state.reading import Entries, Items, Node, Text
from aigw.state.writing import Blocks, Path, inline

Tree = Mapping[str, object]


class Edit(Struct, frozen=True):
    """Replace the characters from `start` to `end`."""

    start: int
    end: int
    text: str


class CannotPatch(Exception):
    """A change has no simple place in this document; what is around it is to be written anew."""


def patched(text: str, node: Node, old: Tree, new: Tree, *, blocks: Blocks) -> str:
    """Return the document, changed by what is different between two trees.

    `node` is the composed document and `old` what it means; they may differ in what a default or
    an alias hides, not in the length and order of their lists. Raises CannotPatch.
    """
    done, pieces = 0, []
    edits = _Patcher(text, blocks).change(node, old, new, ())
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < done:
            raise CannotPatch
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join((*pieces, text[done:]))


class _Patcher:
    """Makes edits; each method looks at one node, at what it meant and what it is to mean."""

    def __init__(self, text: str, blocks: Blocks) -> None:
        self._text = text
        self._lines = Lines(text)
        self._blocks = blocks

    def change(self, node: Node, old: object, new: object, path: Path) -> list[Edit]:
        """Return the edits that make a node mean `new`; those at one place stand in their order."""
        match node, old, new:
            case Entries(), Mapping(), Mapping() if node.entries and new:
                change = self._flow_entries if node.flow else self._entries
                return change(node, old, new, path)
            case Items(), list(), list() if len(node.items) == len(old):
                if changed := difference(old, new):
                    change_items = self._flow_items if node.flow else self._items
                    return change_items(node, old, changed, path)
        raise CannotPatch

    def _entries(self, node: Entries, old: Tree, new: Tree, path: Path) -> list[Edit]:
        edits: list[Edit] = []
        for key in changed_keys(old, new):
            entry = node.find(key)
            if entry is None and key in new:
                column = self._lines.column(node.start)
                text = writing.entry(key, new[key], path, self._blocks, indent=column)
                edits.append(self._inserted(node.end, text, column=column))
            elif entry and key not in new:
                first = entry is node.entries[0]
                edits.append(self._removed(entry[0].start, entry[1].end, first=first))
            elif entry:
                edits += self._changed_entry(entry, old.get(key), new[key], (*path, key))
        return edits

    def _changed_entry(
        self, entry: tuple[Text, Node], old: object, new: object, path: Path
    ) -> list[Edit]:
        key, node = entry
        try:
            return self.change(node, old, new, path)
        except CannotPatch:
            return [self._replaced_value(key, node, new, path)]

    def _replaced_value(self, key: Text, node: Node, new: object, path: Path) -> Edit:
        lines, text = self._lines, self._text
        as_lines = bool(new) and path in self._blocks
        colon = text.index(":", key.end) + 1
        same_line = node.start <= lines.end(colon)
        if same_line and node.start < node.end and not as_lines:
            return Edit(node.start, node.end, inline(new))
        begin, end = (node.end, lines.end(node.end)) if same_line else (colon, lines.end(colon))
        comment = text[begin:end]
        stop = lines.end(node.end) if same_line and as_lines else node.end
        if not as_lines:
            return Edit(colon, stop, f" {inline(new)}{'' if same_line else comment}")
        column = lines.column(key.start)
        below = writing.lines(new, path, self._blocks, indent=column + 2)
        return Edit(colon, stop, lines.ended(f"{comment}\n{below}".rstrip("\n")))

    def _items(
        self, node: Items, old: Sequence[object], changed: Difference, path: Path
    ) -> list[Edit]:
        blocks = self._like_siblings(node, path)
        column = self._lines.column(node.start)

        def text(values: Sequence[object]) -> str:
            return "".join(writing.item(one, path, blocks, indent=column) for one in values)

        edits: list[Edit] = []
        if before := changed.added.get(START):
            place = self._lines.start(node.start)
            edits.append(Edit(place, place, self._lines.ended(text(before))))
        for index, item in enumerate(node.items):
            dash = self._dash(node, index)
            if index in changed.removed:
                edits.append(self._removed(dash, item.end, first=index == 0))
            elif old[index] != (new := changed.kept[index]):
                try:
                    edits += self.change(item, old[index], new, (*path, "*"))
                except CannotPatch:
                    whole = self._lines.ended(text([new]).strip())
                    edits.append(Edit(dash, item.end, whole))
            if after := changed.added.get(index):
                edits.append(self._inserted(item.end, text(after), column=column))
        return edits

    def _dash(self, node: Items, index: int) -> int:
        """Where the dash of an item stands."""
        if index == 0:
            return node.start
        begin, end = node.items[index - 1].end, node.items[index].start
        column = self._lines.column(node.start)
        found = self._text.find(f"\n{' ' * column}-", begin, end)
        if found < 0:
            raise CannotPatch
        return found + 1 + column

    def _like_siblings(self, node: Items, path: Path) -> Blocks:
        """Let a new item have lines of its own, or not, as the last one has."""
        match node.items[-1]:
            case Entries(flow=True):
                return self._blocks - {(*path, "*")}
            case Entries():
                return self._blocks | {(*path, "*")}
            case _:
                return self._blocks

    def _inserted(self, after: int, text: str, *, column: int) -> Edit:
        place = self._lines.below(after, column=column + 1)
        if place == len(self._text) and not self._text.endswith("\n"):
            text = f"\n{text}"
        return Edit(place, place, self._lines.ended(text))

    def _removed(self, begin: int, end: int, *, first: bool) -> Edit:
        """Remove whole lines, with the comments above that belong to them; the first has none."""
        lines = self._lines
        if not lines.indented(begin):
            raise CannotPatch
        start = lines.start(begin) if first else lines.with_comments_above(begin)
        stop = lines.below(end, column=lines.column(begin) + 1)
        if lines.blank_before(start) and (stop == len(self._text) or lines.blank_at(stop)):
            start = lines.start(start - 1)
        return Edit(start, stop, "")

    def _flow_entries(self, node: Entries, old: Tree, new: Tree, path: Path) -> list[Edit]:
        edits: list[Edit] = []
        removed: set[int] = set()
        added: list[str] = []
        places = {key.value: index for index, (key, _) in enumerate(node.entries)}
        for key in changed_keys(old, new):
            place = places.get(key)
            if place is None and key in new:
                added.append(inline({key: new[key]})[1:-1])
            elif place is not None and key not in new:
                removed.add(place)
            elif place is not None:
                value = node.entries[place][1]
                edits += self._changed_flow(value, old.get(key), new[key], (*path, key))
        spans = [(key.start, value.end) for key, value in node.entries]
        last = max((place for place in places.values() if place not in removed), default=START)
        return edits + _flow_edits(spans, removed, {last: added})

    def _flow_items(
        self, node: Items, old: Sequence[object], changed: Difference, path: Path
    ) -> list[Edit]:
        edits: list[Edit] = []
        for index, new in changed.kept.items():
            if old[index] != new:
                edits += self._changed_flow(node.items[index], old[index], new, (*path, "*"))
        spans = [(item.start, item.end) for item in node.items]
        added = {
            place: [inline(value) for value in values] for place, values in changed.added.items()
        }
        return edits + _flow_edits(spans, changed.removed, added)

    def _changed_flow(self, node: Node, old: object, new: object, path: Path) -> list[Edit]:
        try:
            return self.change(node, old, new, path)
        except CannotPatch:
            space = " " if node.start == node.end else ""
            return [Edit(node.start, node.end, f"{space}{inline(new)}")]


def _flow_edits(
    spans: Sequence[tuple[int, int]],
    removed: Collection[int],
    added: Mapping[int, Sequence[str]],
) -> list[Edit]:
    """Return the edits between brackets, where each item has a comma to one side."""
    first = next((place for place in range(len(spans)) if place not in removed), None)
    if first is None:
        raise CannotPatch
    begin, _ = spans[0]
    before = "".join(f"{text}, " for text in added.get(START, ()))
    edits = [Edit(begin, spans[first][0], before)]
    for place in range(first, len(spans)):
        _, end = spans[place]
        if after := added.get(place):
            edits.append(Edit(end, end, "".join(f", {text}" for text in after)))
        if place in removed:
            edits.append(Edit(spans[place - 1][1], end, ""))
    return edits
