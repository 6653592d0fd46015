"""What an import tells: each thing that was corrected, left out, refused or kept as it is."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Something that is taken in another form than it was."""

    what: str
    was: str
    now: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something and the reason why it is left out, refused or kept."""

    what: str
    why: str


@dataclass(slots=True, kw_only=True)
class Findings:
    """All that is found while an old installation is read; no key is ever in it."""

    corrected: list[Correction] = field(default_factory=list)
    dropped: list[Finding] = field(default_factory=list)
    refused: list[Finding] = field(default_factory=list)
    kept: list[Finding] = field(default_factory=list)

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
