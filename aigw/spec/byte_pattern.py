"""A pattern over characters written as an equal one over bytes.

Envoy 1.40 compiles RE2 in Latin-1: there `.` is one byte of UTF-8, `(?i)` folds bytes, and
`\\p{Han}` never matches. What a class or a folded letter stands for is asked of RE2 itself.
"""

import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from sys import byteorder

from msgspec import Struct
from msgspec.structs import replace

from aigw.spec.utf8_ranges import ALL, NOTHING, Range, one_byte, over_bytes

ANY = over_bytes(ALL)
"""One character."""

_ANY_BUT_NEWLINE = over_bytes(((0x00, 0x09), (0x0B, 0xD7FF), (0xE000, 0x10FFFF)))
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SURROGATES = range(0xD800, 0xE000)
# Kelvin sign and long s fold to ASCII letters.
_FOLDED = {"k": r"(?:[Kk]|\xe2\x84\xaa)", "s": r"(?:[Ss]|\xc5\xbf)"}
_LAST_CASED = 0x1E943
_TOKEN = r"""
      \\Q (?P<quoted>.*?) \\E
    | (?P<place> \\[AzbB])
    | (?P<kind> \\[pP]\{[^}]*\} | \\[pP]. | \\[dDsSwW]
        | \[\^?\]? (?: \[:\^?[a-z]+:\] | \\. | [^\]\\] )* \] )
    | \\x\{ (?P<point>[0-9A-Fa-f]+) \}
    | \\x (?P<hex>[0-9A-Fa-f]{2})
    | \\ (?P<octal>0[0-7]{0,2} | [1-7][0-7]{1,2})
    | \\ (?P<control>[afnrtv])
    | (?P<repeat> (?: [*+?] | \{ (?:0|[1-9][0-9]*) (?:,(?:0|[1-9][0-9]*)?)? \} ) \?? )
    | (?P<setting> \(\? [imsU-]* [:)] )
    | (?P<open> \( (?:\?P?<[^>]*>)? )
    | (?P<sign> [)|^$.] )
    | \\? (?P<letter>.)
    """
# These mean the same in both; to ask RE2 about them would only take time.
_ASCII_KIND = re.compile(r"\\[dsw] | \[ (?!\^) (?: [^\\\[] | \\[dsw\W] )+ \]", re.VERBOSE)


class _Flags(Struct, frozen=True, kw_only=True):
    """What a sign stands for: `i` folds case, `m` is about `^` and `$`, `s` about `.`."""

    i: bool = False
    m: bool = False
    s: bool = False

    def after(self, setting: str) -> "_Flags":
        on, _, off = setting.partition("-")
        values = {name: name in on for name in "ims" if name in on or name in off}
        return replace(self, **values)


def in_bytes(pattern: str) -> str:
    """Return a pattern, ASCII only, that finds in the bytes of UTF-8 what `pattern` finds in text.

    It must begin at the border of a character; `pattern` is one that RE2 takes, every `\\Q` closed.
    """
    groups: list[list[str]] = [[]]
    flags = [_Flags()]
    for token in re.finditer(_TOKEN, pattern, re.VERBOSE | re.DOTALL):
        text = token[token.lastgroup or 0]
        match token.lastgroup:
            case "repeat":
                groups[-1][-1] = f"(?:{groups[-1][-1]}){text}"
            case "setting" if text.endswith(")"):
                flags[-1] = flags[-1].after(text)
            case "setting" | "open":
                flags.append(flags[-1].after(text if token.lastgroup == "setting" else ""))
                groups.append([])
            case "sign" if text == ")":
                flags.pop()
                group = "".join(groups.pop())
                groups[-1].append(f"(?:{group})")
            case kind:
                groups[-1].extend(_atoms(kind or "", text, flags[-1]))
    return "".join(groups[0])


def _atoms(kind: str, text: str, flags: _Flags) -> Iterator[str]:
    match kind:
        case "quoted":
            yield from (_letter(letter, folded=flags.i) for letter in text)
        case "kind":
            yield _members_of(text, flags)
        case "sign":
            yield _sign(text, flags)
        case "point" | "hex":
            yield _letter(chr(int(text, 16)), folded=flags.i)
        case "octal":
            yield _letter(chr(int(text, 8)), folded=flags.i)
        case "control":
            yield _letter(_CONTROLS[text], folded=flags.i)
        case "letter":
            yield _letter(text, folded=flags.i)
        case _:
            yield text


def _sign(sign: str, flags: _Flags) -> str:
    match sign:
        case ".":
            return ANY if flags.s else _ANY_BUT_NEWLINE
        case "^":
            return "(?m:^)" if flags.m else r"\A"
        case "$":
            return "(?m:$)" if flags.m else r"\z"
        case _:
            return sign


@lru_cache(maxsize=4096)
def _letter(letter: str, *, folded: bool) -> str:
    if folded and letter.isascii() and letter.isalpha():
        return _FOLDED.get(letter.lower(), f"[{letter.upper()}{letter.lower()}]")
    if folded and not letter.isascii() and _may_have_cases(letter):
        return over_bytes(_asked(f"(?i)\\x{{{ord(letter):x}}}", _LAST_CASED))
    if ord(letter) in _SURROGATES:
        return NOTHING
    return "".join(map(one_byte, letter.encode()))


def _may_have_cases(letter: str) -> bool:
    return ord(letter) <= _LAST_CASED and unicodedata.category(letter) != "Lo"


def _members_of(kind: str, flags: _Flags) -> str:
    if not flags.i and kind.isascii() and _ASCII_KIND.fullmatch(kind):
        return kind
    return over_bytes(_asked(f"(?i:{kind})" if flags.i else kind, ALL[-1][-1]))


@cache
def _asked(pattern: str, last: int) -> Sequence[Range]:
    """Ask RE2 which characters up to `last` a pattern for one character matches."""
    # Late: see aigw/spec/rules.py.
    import re2

    text = _characters(last)
    spans = (match.span() for match in re2.compile(f"(?:{pattern})+").finditer(text))
    return tuple(run for start, end in spans for run in _runs(text, start, end))


@cache
def _characters(last: int) -> bytes:
    points = array("I", (*range(_SURROGATES.start), *range(_SURROGATES.stop, last + 1)))
    return points.tobytes().decode(f"utf-32-{byteorder[0]}e").encode()


def _runs(text: bytes, start: int, end: int) -> Iterator[Range]:
    first = ord(text[start : start + 4].decode(errors="ignore")[0])
    last = ord(text[max(start, end - 4) : end].decode(errors="ignore")[-1])
    if first < _SURROGATES.start and last >= _SURROGATES.stop:
        yield (first, _SURROGATES.start - 1)
        first = _SURROGATES.stop
    yield (first, last)
