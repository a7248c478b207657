"""A company's ladder: its criteria in its own words, and what of a case speaks to each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of a ladder, in the ladder's words.

    `questions` are names of the room's questions (`skeptic/impact`), `signals` are signals or their measures (`reach`,
    `reach.people_outside`), and `behaviors` are words in a claim's front matter that mean this criterion, beside its name.
    """

    name: str
    says: str = ""
    questions: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    behaviors: tuple[str, ...] = ()

    def named(self, word: str) -> bool:
        """Whether a claim's word means this criterion, whatever its case, dashes and spaces."""
        return any(_plain(word) == _plain(one) for one in (self.name, *self.behaviors))


@dataclass(frozen=True, slots=True)
class Ladder:
    """A ladder: what it is called, whose words it is, where they stand, and its criteria in its order."""

    name: str
    source: str = ""
    url: str = ""
    criteria: tuple[Criterion, ...] = ()


def _plain(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())
