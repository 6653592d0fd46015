"""What an import tells: each thing that was corrected, left out, refused or kept as it is."""

from msgspec import Struct


class Correction(Struct, frozen=True, kw_only=True):
    """Something that is taken in another form than it was."""

    what: str
    was: str
    now: str
    why: str


class Finding(Struct, frozen=True, kw_only=True):
    """Something and the reason why it is left out, refused or kept."""

    what: str
    why: str


class Findings(Struct, kw_only=True):
    """All that is found while an old installation is read; no key is ever in it."""

    corrected: list[Correction] = []
    dropped: list[Finding] = []
    refused: list[Finding] = []
    kept: list[Finding] = []

    def correct(self, what: str, *, was: str, now: str, why: str) -> None:
        """Note a correction."""
        self.corrected.append(Correction(what=what, was=was, now=now, why=why))

    def drop(self, what: str, why: str) -> None:
        """Note what is left out."""
        self.dropped.append(Finding(what=what, why=why))

    def refuse(self, what: str, why: str) -> None:
        """Note what cannot be taken."""
        self.refused.append(Finding(what=what, why=why))

    def keep(self, what: str, why: str) -> None:
        """Note what goes into the new store as it is."""
        self.kept.append(Finding(what=what, why=why))
