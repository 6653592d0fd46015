"""A document as lines: where an entry begins and ends with the comments that belong to it."""

import re

_COMMENT = re.compile(r"( *)#")


class Lines:
    """Answers questions about places in a text, which are offsets in characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"

    def start(self, place: int) -> int:
        """Where the line of that place begins."""
        return self.text.rfind("\n", 0, place) + 1

    def next(self, place: int) -> int:
        """Where the line after that place begins; the end of the text when there is none."""
        found = self.text.find("\n", place)
        return len(self.text) if found < 0 else found + 1

    def end(self, place: int) -> int:
        """Where the line of that place ends, before its line end."""
        found = self.text.find("\n", place)
        end = len(self.text) if found < 0 else found
        return end - 1 if self.text[place:end].endswith("\r") else end

    def blank_at(self, start: int) -> bool:
        """Say whether the line beginning there is there and blank."""
        return start < len(self.text) and not self.text[start : self.end(start)].strip()

    def blank_before(self, start: int) -> bool:
        """Say whether there is a line before the one beginning there, and it is blank."""
        return start > 0 and self.blank_at(self.start(start - 1))

    def ended(self, text: str) -> str:
        """Give a text of ours the line ends of the document."""
        return text.replace("\n", self.newline)

    def column(self, place: int) -> int:
        """How many characters stand before that place in its line."""
        return place - self.start(place)

    def indented(self, place: int) -> bool:
        """Say whether only blanks stand before that place in its line."""
        return not self.text[self.start(place) : place].strip(" ")

    def with_comments_above(self, place: int) -> int:
        """Where the line of that place begins, with the comments right above it at its column."""
        begin, column = self.start(place), self.column(place)
        while begin > 0:
            above = self.start(begin - 1)
            if self._comment_column(above) != column:
                break
            begin = above
        return begin

    def below(self, place: int, *, column: int) -> int:
        """Where the lines end that belong to what ends there: with comments from `column` on."""
        end = self.next(place)
        while end < len(self.text) and self._comment_column(end) >= column:
            end = self.next(end)
        return end

    def _comment_column(self, start: int) -> int:
        """The column of the comment alone in the line beginning there; -1 for other lines."""
        found = _COMMENT.match(self.text, start)
        return len(found.group(1)) if found else -1
