"""Check owners at each commit's date against git itself, and say what they cost: `python benchmarks/ownership.py REPO…`.

For a sample of commits the real tree of the first parent is listed and its ownership files are read with `git show`;
owners are recomputed from these by other code than the program's. Printed: how many paths disagree, how often the
program's state of the ownership files differs from the tree's, and the time relative to the harvest.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from codeowners import CodeOwners
from ruamel.yaml import YAML

from muster.lake import Lake
from muster.org import Organisation
from muster.people import resolve
from muster.sources.git import Settings, harvest

OWNERSHIP = re.compile(r"(?:^|/)(?:OWNERS|OWNERS_ALIASES)$|^(?:\.github/|docs/|\.gitlab/)?CODEOWNERS$")
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "backslashreplace")


def tree(repository: Path, commit: str) -> dict[str, str]:
    """Ownership files of the real tree, with their blobs."""
    rows = git(repository, "ls-tree", "-r", "-z", "--full-tree", commit).split("\0")
    split = (row.partition("\t") for row in rows if row)
    return {path: meta.split()[2] for meta, _, path in split if OWNERSHIP.search(path)}


class Naive:
    """Owners of a path, recomputed the long way from a tree."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository
        self.yaml: dict[str, dict[str, object]] = {}
        self.rules: dict[str, CodeOwners] = {}

    def load(self, blob: str) -> dict[str, object]:
        if blob not in self.yaml:
            try:
                parser = YAML(typ="safe", pure=True)
                parser.allow_duplicate_keys = True
                content = parser.load(git(self.repository, "cat-file", "blob", blob))
            except Exception:
                content = None
            self.yaml[blob] = content if isinstance(content, dict) else {}
        return self.yaml[blob]

    def owners(self, files: dict[str, str], path: str) -> frozenset[str]:
        """Approvers and reviewers of the non-root OWNERS files above a path, aliases expanded; else the CODEOWNERS line's
        individuals who do not own everything.
        """
        aliases: dict[str, list[str]] = {}
        if "OWNERS_ALIASES" in files:
            found = self.load(files["OWNERS_ALIASES"]).get("aliases")
            for alias, members in (found if isinstance(found, dict) else {}).items():
                aliases[str(alias).lower()] = [str(member).lower() for member in members or ()]
        names: list[str] = []
        governed = False
        folder = path.rpartition("/")[0]
        while folder:
            blob = files.get(f"{folder}/OWNERS")
            content = self.load(blob) if blob else {}
            rules: list[object] = [content]
            filters = content.get("filters")
            for pattern, rule in filters.items() if isinstance(filters, dict) else ():
                if re.search(str(pattern), path[len(folder) + 1 :]):
                    rules.append(rule)
            for rule in rules:
                for key in ("approvers", "reviewers"):
                    listed = rule.get(key) if isinstance(rule, dict) else None
                    names += [str(name).lower().removeprefix("@") for name in listed or ()] if isinstance(listed, list) else []
                labels = rule.get("labels") if isinstance(rule, dict) else None
                if any(str(label).startswith(("sig/", "wg/", "area/", "committee/", "ug/")) for label in labels or ()):
                    governed = True
            options = content.get("options")
            if isinstance(options, dict) and options.get("no_parent_owners") is True:
                break
            folder = folder.rpartition("/")[0]
        if names or governed:
            return frozenset(person for name in names for person in aliases.get(name, [name]))
        return self.codeowners(files, path)

    def codeowners(self, files: dict[str, str], path: str) -> frozenset[str]:
        blob = next((files[place] for place in PLACES if place in files), None)
        if blob is None:
            return frozenset()
        if blob not in self.rules:
            text = git(self.repository, "cat-file", "blob", blob)
            lines = [re.sub(r"(^|\s)#.*", "", line) for line in text.splitlines()]
            self.rules[blob] = CodeOwners("\n".join(lines))
        rules = self.rules[blob]
        everyone = {owner for row in rules.paths if row[1] in ("*", "**", "/**") for owner in row[2]}
        owners = [owner for owner in rules.of(path) if owner not in everyone]
        return frozenset(name.removeprefix("@").lower() for kind, name in owners if kind != "TEAM")


def spent() -> float:
    """CPU seconds so far, of this process and of the git processes that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def check(path: Path, sample: int, seed: int) -> tuple[int, int, int, int]:
    """(paths compared, paths that disagree, trees compared, trees that disagree), and prints what it sees."""
    start = spent(), time.perf_counter()
    found = harvest(Settings(path))
    harvested = spent() - start[0], time.perf_counter() - start[1]
    lake = Lake.build([found], resolve([found]))
    start = spent(), time.perf_counter()
    org = Organisation.read(lake)
    read = spent() - start[0], time.perf_counter() - start[1]
    repository = org._repositories[found.name]
    shas, parents = found.commits["sha"].to_pylist(), found.commits["parents"].to_pylist()
    changed = sorted(set(found.changes["seq"].to_pylist()))
    chosen = sorted(random.Random(seed).sample(changed, min(sample, len(changed))))
    rows: dict[int, list[str]] = {seq: [] for seq in chosen}
    for seq, name in zip(found.changes["seq"].to_pylist(), found.changes["path"].to_pylist(), strict=True):
        if seq in rows and len(rows[seq]) < 40:
            rows[seq].append(name)
    naive = Naive(found.path)
    compared = wrong = trees = wrong_trees = 0
    shown: list[str] = []
    for seq in chosen:
        if not parents[seq]:
            continue
        files = tree(found.path, parents[seq][0])
        state = repository.states.before(seq)
        ours = dict(org._ownership.forest.all(state))
        trees += 1
        if ours != files:
            wrong_trees += 1
            shown.append(f"  tree {shas[seq][:12]}: {sorted(set(ours.items()) ^ set(files.items()))[:3]}")
        for name in rows[seq]:
            compared += 1
            said = org._ownership.of(state, name)
            mine = said.names if said is not None else frozenset()
            theirs = naive.owners(files, name)
            if mine != theirs:
                wrong += 1
                shown.append(f"  {shas[seq][:12]} {name}: ours {sorted(mine)[:5]} theirs {sorted(theirs)[:5]}")
    print(f"{found.name}: {found.commits.num_rows} commits, {repository.states.changed} with ownership changes, "
          f"git asked about {repository.states.asked} merges")
    print(f"  paths that disagree: {wrong} of {compared}; trees that disagree: {wrong_trees} of {trees}")
    print(f"  read: {read[0]:.2f} s CPU, {read[0] / harvested[0]:.1%} of the harvest's CPU "
          f"(wall {read[1]:.2f} s, {read[1] / harvested[1]:.1%} of {harvested[1]:.2f} s)")
    print("\n".join(shown[:10]))
    return compared, wrong, trees, wrong_trees


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(None if arguments is None else list(arguments))
    results = [check(path, options.sample, options.seed) for path in options.repositories]
    return int(any(wrong or wrong_trees for _, wrong, _, wrong_trees in results))


if __name__ == "__main__":
    raise SystemExit(main())
