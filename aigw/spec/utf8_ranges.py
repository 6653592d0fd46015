"""Sets of characters written as RE2 patterns over the bytes of their UTF-8."""

from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int]
"""The first and last code point, or byte, of a run."""

ALL: Sequence[Range] = ((0, 0xD7FF), (0xE000, 0x10FFFF))
NOTHING = r"[^\x00-\xff]"
"""A pattern that matches no byte."""

_WIDTHS: Sequence[Range] = ((0, 0x7F), (0x80, 0x7FF), (0x800, 0xFFFF), (0x10000, 0x10FFFF))
_Sequence = tuple[Range, ...]
# All that may follow these first bytes: in UTF-8 nothing else does, so that "any second byte" says
# the same, and is shared with the other first bytes.
_SECONDS = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}


def over_bytes(characters: Iterable[Range]) -> str:
    """Return a pattern, ASCII only, that in UTF-8 matches one character of the set.

    Runs are in ascending order and without surrogates.
    """
    sequences = [_widened(sequence) for run in characters for sequence in _sequences_of(run)]
    return _joined(sequences) if sequences else NOTHING


def one_byte(octet: int) -> str:
    """Return a pattern for a byte: itself where it is an ASCII letter or digit."""
    character = chr(octet)
    return character if character.isascii() and character.isalnum() else f"\\x{octet:02x}"


def _sequences_of(run: Range) -> Iterator[_Sequence]:
    for first, last in _WIDTHS:
        low, high = max(run[0], first), min(run[1], last)
        if low <= high:
            yield from _split(chr(low).encode(), chr(high).encode())


def _split(low: bytes, high: bytes) -> Iterator[_Sequence]:
    """Yield sequences of byte ranges that hold all from `low` to `high`, both equally long."""
    tail = len(low) - 1
    if tail == 0:
        yield ((low[0], high[0]),)
    elif low[0] == high[0]:
        for rest in _split(low[1:], high[1:]):
            yield ((low[0], low[0]), *rest)
    else:
        lowest, highest = b"\x80" * tail, b"\xbf" * tail
        first, last = low[0], high[0]
        if low[1:] != lowest:
            yield from _split(low, low[:1] + highest)
            first += 1
        if high[1:] != highest:
            last -= 1
        if first <= last:
            yield ((first, last), *((0x80, 0xBF),) * tail)
        if high[1:] != highest:
            yield from _split(high[:1] + lowest, high)


def _widened(sequence: _Sequence) -> _Sequence:
    match sequence:
        case [(first, last), second, *rest] if first == last and _SECONDS.get(first) == second:
            return ((first, last), (0x80, 0xBF), *rest)
        case _:
            return sequence


def _joined(sequences: Iterable[_Sequence]) -> str:
    """Share what stands behind equal or neighbouring bytes, so that the pattern stays small."""
    rests: dict[Range, list[_Sequence]] = {}
    for first, *rest in sequences:
        rests.setdefault(first, []).append(tuple(rest))
    firsts: dict[str, list[Range]] = {}
    for first, following in rests.items():
        firsts.setdefault(_joined(following) if following[0] else "", []).append(first)
    branches = [_one_of(runs) + rest for rest, runs in firsts.items()]
    return branches[0] if len(branches) == 1 else "(?:" + "|".join(branches) + ")"


def _one_of(runs: Iterable[Range]) -> str:
    merged: list[Range] = []
    for first, last in runs:
        if merged and merged[-1][1] == first - 1:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    if len(merged) == 1 and merged[0][0] == merged[0][1]:
        return one_byte(merged[0][0])
    return "[" + "".join(map(_run, merged)) + "]"


def _run(run: Range) -> str:
    first, last = run
    return one_byte(first) if first == last else one_byte(first) + "-" + one_byte(last)
