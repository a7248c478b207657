"""How often proposals of who is one person are right: `python benchmarks/identity.py REPO…`.

Each repository's `.mailmap` is hidden from muster and taken as the truth: two addresses are one person where it gives them one
address. A mailmap is seldom complete, so of each reason are counted the pairs that it confirms, those that it contradicts (it speaks
of both and gives them two addresses), and those of which it says nothing. `--whole` takes it as complete: what it does not say is wrong.
`--show` prints the contradicted pairs, to be read by hand: many are one person whose addresses were kept apart.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pyarrow as pa

from muster.people import Identity, resolve
from muster.people.pairs import REASONS, pairs
from muster.project import default_cache
from muster.sources.git import Harvest, Settings, harvest


class Hidden:
    """A harvest without its mailmap."""

    def __init__(self, harvest: Harvest) -> None:
        self.name, self._harvest = harvest.name, harvest

    @property
    def commits(self) -> pa.Table:
        """Its commits."""
        return self._harvest.commits

    def mailmap(self, identities: Sequence[Identity]) -> list[Identity]:
        """The identities as they are."""
        return list(identities)


def main() -> None:
    """Print a table for each repository, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    total: Counter[tuple[str, str]] = Counter()
    for path in given.repositories:
        here = measured(path, given.whole, given.show)
        table(path.parent.name if path.name == "repo" else path.name, here)
        total += here
    if len(given.repositories) > 1:
        table("all", total)


def measured(path: Path, whole: bool, show: bool) -> Counter[tuple[str, str]]:
    """Pairs by (reason, confirmed | contradicted | silent), and ("", pairs that the mailmap has)."""
    one = harvest(Settings(path), default_cache())
    raws = sorted(set(zip(one.commits["author_name"].to_pylist(), one.commits["author_email"].to_pylist(), strict=True)))
    real = dict(zip(raws, one.mailmap(raws), strict=True))
    truth: dict[str, set[str]] = defaultdict(set)
    spoken: set[str] = set()
    for raw, meant in real.items():
        truth[raw[1].lower()].add(meant[1].lower())
        if meant != raw:
            spoken |= {raw[1].lower(), meant[1].lower()}
    groups: dict[str, set[str]] = defaultdict(set)
    for email, given in truth.items():
        if len(given) == 1:
            groups[min(given)].add(email)
    true = {pair for group in groups.values() for pair in combinations(sorted(group), 2)}
    people = resolve([Hidden(one)])
    found: Counter[tuple[str, str]] = Counter({("", "true"): len(true)})
    for pair in pairs(people, [one]):
        key = (min(pair.one.id, pair.other.id), max(pair.one.id, pair.other.id))
        if not all(len(truth.get(id_, ())) == 1 for id_ in key):
            continue
        said = "confirmed" if key in true else "contradicted" if whole or spoken.issuperset(key) else "silent"
        found[pair.reason, said] += 1
        if show and said == "contradicted":
            print(f"  {pair.reason}: {pair.one.name} <{pair.one.id}> ({pair.one.records}), {pair.other.name} <{pair.other.id}> ({pair.other.records})")
    return found


def table(name: str, found: Counter[tuple[str, str]]) -> None:
    """Print what was found."""
    print(f"{name}: {found['', 'true']} pairs of addresses in its mailmap")
    for reason in REASONS:
        yes, no, silent = (found[reason, said] for said in ("confirmed", "contradicted", "silent"))
        if yes + no + silent:
            share = f"{yes / (yes + no):.0%}" if yes + no else "–"
            print(f"  {reason:17} {yes + no + silent:5} proposed, {yes:4} confirmed, {no:3} contradicted, {silent:4} silent: right {share}, "
                  f"found {yes / max(1, found['', 'true']):.0%}")


if __name__ == "__main__":
    main()
