"""Where a text holds a name, term or host that must not leave, or a credential: one look for rules and for the export.

A mark is met whatever its case, with a space, dash, dot or underline between its words, in an address as in prose, with a
plural or genitive ending, and as a part of a name in code: `Project Zephyr` is in `project-zephyr`, `PROJECT_ZEPHYR` and
`useProjectZephyr`, but not in `zephyrous`. A host is met with every host below it. A mark that ends in `*` is met by
every word that begins so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import unquote

from muster.model import Marked
from muster.rules.s601_secret_in_book import SECRET

#: What may stand between the words of a mark.
_GAP = r"[\s_.\-‐-―]{0,3}"
_SPLIT = re.compile(r"[\s_.\-‐-―]+")
#: Not within a word: no letter before, or the mark begins a word of a name in camel case.
_BEFORE = r"(?:(?<![^\W\d_])|(?<=[a-z0-9])(?=[A-Z]))"
_AFTER = r"(?:['’]?s)?(?:(?![^\W\d_])|(?<=[a-z0-9])(?=[A-Z]))"


@dataclass(frozen=True)
class Marks:
    """The marks of an owner, ready to be looked for."""

    marked: tuple[Marked, ...]

    @cached_property
    def _forms(self) -> tuple[tuple[str, re.Pattern[str], Marked], ...]:
        return tuple((_squeezed(_folded(one.text).rstrip("*")), re.compile(_form(one.text)), one) for one in self.marked)

    @cached_property
    def _known(self) -> dict[str, tuple[Marked, ...]]:
        return {}

    def __bool__(self) -> bool:
        return bool(self.marked)

    def found(self, text: str) -> tuple[Marked, ...]:
        """Those marks that the text holds, in the owner's order."""
        if not self.marked or not text:
            return ()
        if text not in self._known:
            plain = bare(text)
            # What a mark's form meets has its letters in a row once what may stand between them is gone: most texts end here.
            squeezed = _squeezed(plain)
            self._known[text] = tuple(one for letters, form, one in self._forms if letters in squeezed and form.search(plain))
        return self._known[text]


def marks(marked: Iterable[Marked]) -> Marks:
    """What the owner marked, ready to be looked for."""
    return Marks(tuple(marked))


@lru_cache(maxsize=65_536)
def secret(text: str) -> bool:
    """Whether the text has the form of a credential in it (S601)."""
    return SECRET.search(text) is not None


def bare(text: str) -> str:
    """The text as it is compared: one form of each character, none that cannot be seen, an address also as it is meant."""
    plain = _folded(text)
    return f"{plain}\n{_folded(unquote(text))}" if "%" in text else plain


def _folded(text: str) -> str:
    if text.isascii():
        return text
    return "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")


def _squeezed(text: str) -> str:
    return _SPLIT.sub("", text).casefold()


def _form(text: str) -> str:
    """The pattern that meets a mark."""
    plain = _folded(text)
    begins = plain.endswith("*")
    parts = [re.escape(part) for part in _SPLIT.split(plain.strip("*")) if part]
    return f"{_BEFORE}(?i:{_GAP.join(parts)}){'' if begins else _AFTER}"
