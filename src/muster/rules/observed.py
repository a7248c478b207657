"""What rules share about numbers in claims: which quantities stand on data by a link, and what a number's parts are."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from muster.model import Case, Claim, Number, Observed, Reference


def seen(case: Case, claim: Claim) -> dict[str, Observed]:
    """What the data of a claim's numbers says, by the number's name."""
    return {one.name: one for one in case.observed if one.path == (claim.where.path or "")}


def linked(claim: Claim) -> Iterator[tuple[Reference, tuple[Number, ...]]]:
    """Each link of a claim that leads to the data of its numbers, with those numbers: `[12 minutes](../data/deploys.csv)`."""
    if claim.entry is None:
        return
    folder = posixpath.dirname(claim.entry.path)
    for reference in claim.entry.references:
        target = reference.target.partition("#")[0]
        if "://" in target or not target:
            continue
        path = posixpath.normpath(posixpath.join(folder, target))
        numbers = tuple(
            number for number in claim.numbers if number.data and posixpath.normpath(number.data) in (path, posixpath.normpath(target))
        )
        if numbers:
            yield reference, numbers


def unlinked(text: str, claim: Claim, first: int, last: int) -> str:
    """A passage with blanks for the words of links to the claim's data, which stand on what they lead to."""
    for reference, _ in linked(claim):
        if first <= reference.line <= last and reference.text.strip():
            words = r"\s+".join(re.escape(word) for word in reference.text.split())
            text = re.sub(words, lambda match: re.sub(r"[^\n]", "_", match[0]), text)
    return text
