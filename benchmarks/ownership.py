"""Check owners at each commit's date against git itself, say what they cost, and how good inference is without files.

    python benchmarks/ownership.py REPO… [--sample 300] [--people 12] [--no-inference]

For a sample of commits the real tree of the first parent is listed, its ownership files are read with `git cat-file`, and
owners are worked out from these by other code than the program's. Printed for each repository:

- how many trees and paths disagree (the goal is none; each is named);
- what the simple ways to tell owners would have said: today's files, or the nearest OWNERS file alone;
- the cost relative to the harvest: the states of all commits, and the owners of every path that any commit changed;
- how often inference without any file agrees with the files about what lies outside somebody's team.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from codeowners import CodeOwners
from ruamel.yaml import YAML

import bench
from muster.lake import Lake
from muster.model import Basis
from muster.org import Organisation, Side
from muster.paths import NEUTRAL, VENDORED, kind
from muster.people import resolve
from muster.sources.git import Harvest, Settings, harvest

NAMES = re.compile(r"(?:^|/)(?:OWNERS|OWNERS_ALIASES|MAINTAINERS|catalog-info\.ya?ml)$")
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
LABELS = ("sig/", "wg/", "area/", "committee/", "ug/")


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "backslashreplace")


def tree(repository: Path, commit: str) -> dict[str, str]:
    """Ownership files of the real tree, with their blobs. Those in vendored code are another project's."""
    rows = git(repository, "ls-tree", "-r", "-z", "--full-tree", commit).split("\0")
    split = (row.partition("\t") for row in rows if row)
    return {
        path: meta.split()[2]
        for meta, _, path in split
        if path in (*PLACES, "MAINTAINERS.md", "MAINTAINERS.txt")
        or (NAMES.search(path) and not VENDORED.search(path.rpartition("/")[0]))
    }


@dataclass
class Naive:
    """Owners of a path, worked out the long way from a tree."""

    repository: Path
    yaml: dict[str, dict[str, object]] = field(default_factory=dict)
    rules: dict[str, CodeOwners] = field(default_factory=dict)
    lists: dict[str, list[dict[str, list[str]]]] = field(default_factory=dict)

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
        """Approvers and reviewers of the non-root OWNERS files above a path, aliases expanded; else the owners of the
        CODEOWNERS line who do not own everything; else the people of the sections of MAINTAINERS.
        """
        found = self.by_owners(files, path)
        if found is None:
            found = self.codeowners(files, path) or self.maintainers(files, path)
        return found

    def aliases(self, files: dict[str, str]) -> dict[str, list[str]]:
        found = self.load(files["OWNERS_ALIASES"]).get("aliases") if "OWNERS_ALIASES" in files else None
        return {
            str(alias).lower(): [str(member).lower() for member in members or ()]
            for alias, members in (found if isinstance(found, dict) else {}).items()
        }

    def said(self, blob: str | None, below: str) -> tuple[list[str], list[str]]:
        """(names, labels) that one OWNERS file gives for a path below it."""
        content = self.load(blob) if blob else {}
        rules: list[object] = [content]
        filters = content.get("filters")
        if not any(content.get(key) for key in ("approvers", "reviewers", "required_reviewers", "labels")):
            rules += [rule for pattern, rule in (filters if isinstance(filters, dict) else {}).items() if finds(str(pattern), below)]
        names: list[str] = []
        labels: list[str] = []
        for rule in rules:
            for key in ("approvers", "reviewers", "required_reviewers"):
                listed = rule.get(key) if isinstance(rule, dict) else None
                names += [str(name).lower().removeprefix("@") for name in listed or ()] if isinstance(listed, list) else []
            found = rule.get("labels") if isinstance(rule, dict) else None
            labels += [str(label) for label in found or ()] if isinstance(found, list) else []
        return names, labels

    def by_owners(self, files: dict[str, str], path: str, root: bool = False, nearest: bool = False) -> frozenset[str] | None:
        """The names by OWNERS files; None where none below the root says anything. `root` takes the root in as well."""
        aliases = self.aliases(files)
        names: list[str] = []
        governed = False
        folder = path.rpartition("/")[0]
        while folder or root:
            blob = files.get(f"{folder}/OWNERS" if folder else "OWNERS")
            here, labels = self.said(blob, path[len(folder) + 1 :] if folder else path)
            names += here
            governed = governed or any(label.startswith(LABELS) for label in labels)
            options = self.load(blob).get("options") if blob else None
            if not folder or (isinstance(options, dict) and options.get("no_parent_owners") is True) or (nearest and here):
                break
            folder = folder.rpartition("/")[0]
        if not (names or governed):
            return None
        return frozenset(person for name in names for person in aliases.get(name, [name]))

    def codeowners(self, files: dict[str, str], path: str) -> frozenset[str]:
        blob = next((files[place] for place in PLACES if place in files), None)
        if blob is None:
            return frozenset()
        if blob not in self.rules:
            kept = []
            for line in git(self.repository, "cat-file", "blob", blob).splitlines():
                bare = re.sub(r"(^|\s)#.*", "", line)
                # GitHub leaves out lines with anything that it cannot read.
                if not re.search(r"^!|[\[\]]|^\\#", bare) and all("@" in word for word in bare.replace("\\ ", "").split()[1:]):
                    kept.append(bare)
            self.rules[blob] = CodeOwners("\n".join(kept))
        rules = self.rules[blob]
        everyone = {owner for row in rules.paths if row[1] in ("*", "**", "/**") for owner in row[2]}
        return frozenset(name.lower() for owner in rules.of(path) if owner not in everyone for name in (owner[1].removeprefix("@"),))

    def maintainers(self, files: dict[str, str], path: str) -> frozenset[str]:
        """Addresses of the sections that mean a path, line by line, with one regular expression for each pattern."""
        found: set[str] = set()
        for name, blob in files.items():
            if not name.rpartition("/")[2].startswith("MAINTAINERS"):
                continue
            for section in self.sections(blob):
                means = [one for one in section.get("F", ()) if glob(one, path)] or [
                    one for one in section.get("N", ()) if re.search(one, path)
                ]
                if not means or any(glob(one, path) for one in section.get("X", ())) or "*/" in section.get("F", ()):
                    continue
                if not section.get("S", [""])[0].lower().startswith(("orphan", "obsolete")):
                    for line in (*section.get("M", ()), *section.get("R", ())):
                        found.update(one.lower() for one in re.findall(r"[^\s<>,;\"@]+@[^\s<>,;\"@]+", line)[:1])
        return frozenset(found)

    def sections(self, blob: str) -> list[dict[str, list[str]]]:
        if blob not in self.lists:
            self.lists[blob] = found = []
            text = "\n" + git(self.repository, "cat-file", "blob", blob)
            # A section: a line of words, perhaps underlined or followed by an empty line, then lines of one letter each.
            # Words that end in a colon only lead up to something, unless the lines follow at once.
            title = r"(?![A-Z]:|[ \t#\n])(?:[^\n]*[^\n:]\n(?:[ \t]*[-=~*_#]{3,}[ \t]*\n|[ \t]*\n)*|[^\n]+\n)"
            lines = r"((?:[ \t#][^\n]*\n)*[A-Z]:[^\n]*(?:\n(?:[A-Z]:|[ \t]+\S|#)[^\n]*)*)"
            form = re.compile(rf"\n{title}{lines}")
            at = 0
            while match := form.search(text, at):
                at = match.end()
                here: dict[str, list[str]] = {}
                for letter, value in re.findall(r"(?m)^([A-Z]):[ \t]*(\S.*?)[ \t]*$", match[1]):
                    here.setdefault(letter, []).append(value)
                found.append(here)
        return self.lists[blob]


def finds(expression: str, text: str) -> bool:
    """Whether a regular expression finds something; one that is none finds nothing."""
    try:
        return re.search(expression, text) is not None
    except re.error:
        return False


def glob(pattern: str, path: str, known: dict[str, re.Pattern[str]] = {}) -> bool:  # noqa: B006
    """Whether a pattern of MAINTAINERS means a path, by a regular expression made from it."""
    if pattern not in known:
        pieces = re.split(r"(\*\*/|\*|\?|\[[^\]]*\])", pattern)
        signs = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
        text = "".join(signs.get(piece, piece if piece.startswith("[") else re.escape(piece)) for piece in pieces)
        wild = len(pieces) > 1
        known[pattern] = re.compile(f"{text}." if pattern.endswith("/") else f"{text}$" if wild else f"{text}(?:$|/)")
    return known[pattern].match(path) is not None


def spent() -> tuple[float, float]:
    """CPU seconds so far, of this process and of the git processes that have ended; and the wall clock."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system, time.perf_counter()


def cost(start: tuple[float, float], whole: tuple[float, float] | None = None) -> tuple[float, float]:
    """(CPU, wall) since `start`, in seconds, or as parts of `whole`."""
    cpu, wall = (now - then for now, then in zip(spent(), start, strict=True))
    return (cpu / whole[0], wall / whole[1]) if whole else (cpu, wall)


def check(path: Path, options: argparse.Namespace) -> bool:
    """Whether anything disagrees; prints what it sees."""
    start = spent()
    found = harvest(Settings(path))
    harvested = cost(start)
    lake = Lake.build([found], resolve([found]))
    start = spent()
    org = Organisation.read(lake)
    read = cost(start, harvested)
    states = org._repositories[found.name].states
    print(f"\n{found.name}: {found.commits.num_rows} commits, {found.changes.num_rows} changes, "
          f"{states.changed} commits with ownership changes")
    print(f"  cost: {read[0]:.1%} of the harvest's CPU, {read[1]:.1%} of its wall time ({harvested[0]:.2f} s CPU)")
    wrong = compare(found, org, options)
    start = spent()
    rows = list(zip(found.changes["seq"].to_pylist(), found.changes["path"].to_pylist(), strict=True))
    before = [states.before(seq) for seq in range(found.commits.num_rows)]
    org._ownership.need(dict.fromkeys(before))
    known = sum(org._ownership.of(before[seq], name) is not None for seq, name in rows)
    every = cost(start, harvested)
    print(f"  owners of every changed path at its commit: {known} of {len(rows)} known; "
          f"{every[0]:.1%} of the harvest's CPU, {every[1]:.1%} of its wall time")
    if options.inference and org.basis is Basis.KNOWN:
        infer(lake, org, options)
    return wrong


def compare(found: Harvest, org: Organisation, options: argparse.Namespace) -> bool:
    """Whether trees or owners disagree, at a sample of commits."""
    states = org._repositories[found.name].states
    shas, parents = found.commits["sha"].to_pylist(), found.commits["parents"].to_pylist()
    people = [org._lake.people.of(name, email) for name, email in
              zip(found.commits["author_name"].to_pylist(), found.commits["author_email"].to_pylist(), strict=True)]
    changed = sorted(set(found.changes["seq"].to_pylist()))
    chosen = sorted(random.Random(options.seed).sample(changed, min(options.sample, len(changed))))
    rows: dict[int, list[str]] = {seq: [] for seq in chosen}
    for seq, name in zip(found.changes["seq"].to_pylist(), found.changes["path"].to_pylist(), strict=True):
        if seq in rows and len(rows[seq]) < 40:
            rows[seq].append(name)
    naive = Naive(found.path)
    today = tree(found.path, "HEAD^{commit}")
    count: Counter[str] = Counter()
    shown: list[str] = []
    for seq in chosen:
        if not parents[seq]:
            continue
        files = tree(found.path, parents[seq][0])
        state = states.before(seq)
        ours = dict(org._ownership.forest.all(state))
        count["trees"] += 1
        if ours != files:
            count["wrong trees"] += 1
            shown.append(f"  tree {shas[seq][:12]}: {sorted(set(ours.items()) ^ set(files.items()))[:3]}")
        author = org._names.of(people[seq])
        for name in rows[seq]:
            count["paths"] += 1
            said = org._ownership.of(state, name)
            mine: frozenset[str] = frozenset()
            if said is not None:
                mine = said.names | {team.removeprefix("@").lower() for team in said.teams if team.startswith("@")}
            theirs = naive.owners(files, name)
            if mine != theirs:
                count["wrong paths"] += 1
                shown.append(f"  {shas[seq][:12]} {name}: ours {sorted(mine)[:5]} theirs {sorted(theirs)[:5]}")
            inherited = naive.by_owners(files, name, root=True)
            if inherited and author & inherited:
                count["own"] += 1
                count["nearest"] += not author & (naive.by_owners(files, name, root=True, nearest=True) or frozenset())
                count["today"] += not author & (naive.by_owners(today, name, root=True) or frozenset())
            elif author & theirs:
                count["own"] += 1
                count["today"] += not author & naive.owners(today, name)
    print(f"  paths that disagree: {count['wrong paths']} of {count['paths']}; trees that disagree: {count['wrong trees']} of {count['trees']}")
    print(f"  of {count['own']} paths that were their author's own then, today's files call {count['today']} somebody else's, "
          f"the nearest OWNERS file alone {count['nearest']}")
    print("\n".join(shown[: options.show]), end="\n" if shown else "")
    return bool(shown)


def infer(lake: Lake, org: Organisation, options: argparse.Namespace) -> None:
    """How often inference agrees with the files, over people whom files list under a name that is surely theirs."""
    guess = Organisation.read(lake, written=False)
    rows = lake.db.execute(
        "SELECT actor, id, happened_at FROM evidence WHERE source = 'git' AND kind IN ('change', 'document') AND NOT bulk "
        "AND NOT bot AND happened_at IS NOT NULL ORDER BY actor, seq"
    ).fetchall()
    work: dict[str, list[tuple[str, datetime]]] = {}
    for actor, id_, at in rows:
        work.setdefault(actor, []).append((id_, at))
    months: dict[str, list[datetime]] = {}
    for actor in sorted(work, key=lambda actor: (-len(work[actor]), actor))[: 6 * options.people]:
        last = work[actor][-1][1]
        if org._home_of(actor, aware(last)).listed and org._home_of(actor, aware(last)).sure:
            months[actor] = [at for _, at in work[actor]]
        if len(months) == options.people:
            break
    seen: Counter[tuple[object, object]] = Counter()
    for actor in months:
        ids = [id_ for id_, _ in work[actor]][-400:]
        org.prefetch(ids)
        guess.prefetch(ids)
        for id_ in ids:
            files = verdict([touch.own for touch in org.touches(id_) if touch.basis is Basis.KNOWN and kind(touch.path) not in NEUTRAL])
            if files is not None:
                seen[(files, verdict([touch.own for touch in guess.touches(id_) if kind(touch.path) not in NEUTRAL]))] += 1
    told("changes outside one's own team", seen, lambda value: value is False, len(months))
    between: Counter[tuple[object, object]] = Counter()
    for one in months:
        for other in months:
            for at in months[one][-1::-60][:6] if one != other else ():
                files_ = org.relation(other, one, aware(at))
                if files_.basis is Basis.KNOWN and files_.side is not Side.UNKNOWN:
                    side = guess.relation(other, one, aware(at)).side
                    between[(files_.side is Side.INSIDE, None if side is Side.UNKNOWN else side is Side.INSIDE)] += 1
    told("people outside another's team", between, lambda value: value is False, len(months))


def aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)


def verdict(owns: Sequence[bool | None]) -> bool | None:
    """Of a change: False where a path lies outside, else True where one is known to be the author's own."""
    return False if False in owns else True if True in owns else None


def told(what: str, seen: Counter[tuple[object, object]], outside: Callable[[object], bool], people: int) -> None:
    both = sum(count for (files, guess), count in seen.items() if outside(files) and outside(guess))
    said = sum(count for (_, guess), count in seen.items() if outside(guess))
    true = sum(count for (files, _), count in seen.items() if outside(files))
    silent = sum(count for (_, guess), count in seen.items() if guess is None)
    every = sum(seen.values())
    if not every:
        print(f"  inference, {what}: files say nothing sure to compare with")
        return
    precision = f"{both / said:.0%}" if said else "-"
    recall = f"{both / true:.0%}" if true else "-"
    print(f"  inference, {what}: right {precision} of the {said} times that it says so, and says so of {recall} of the {true} that "
          f"files do; silent about {silent / every:.0%} of {every} ({people} people)")


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=10)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--no-inference", dest="inference", action="store_false")
    options = parser.parse_args(None if arguments is None else list(arguments))
    print(bench.header())
    found = [check(path, options) for path in options.repositories]
    return int(any(found))


if __name__ == "__main__":
    raise SystemExit(main())
