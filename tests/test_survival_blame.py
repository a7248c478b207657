"""Lines against `git blame`, which is asked about random little histories with branches, merges and moves."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pyarrow.compute as pc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.sources.git import Settings, harvest
from muster.survival import _compare, _differ, annotate, survive
from tests.build import Repo

NAMES = ["a.py", "b.py", "d/c.py"]


class Story:
    """A random history, told to `git fast-import`. Every new line of text is unlike all others, but for blank ones."""

    def __init__(self, draw: st.DrawFn, blanks: bool) -> None:
        self.draw, self.blanks = draw, blanks
        self.count = 0
        self.out: list[bytes] = []
        self.trees: list[dict[str, list[str]]] = []
        self.mark = 0

    def line(self) -> str:
        self.count += 1
        if self.blanks and self.draw(st.integers(0, 3)) == 0:
            return ""
        return f"{'    ' * self.draw(st.integers(0, 2))}line {self.count} of the story"

    def edit(self, lines: list[str]) -> list[str]:
        made = list(lines)
        for _ in range(self.draw(st.integers(1, 3))):
            at = self.draw(st.integers(0, len(made)))
            gone = self.draw(st.integers(0, 3))
            made[at : at + gone] = [self.line() for _ in range(self.draw(st.integers(0, 3)))]
        return made

    def commit(self, tree: dict[str, list[str]], parents: list[int]) -> int:
        self.mark += 1
        self.trees.append(tree)
        self.out.append(f"commit refs/heads/c{self.mark}\nmark :{self.mark}\n"
                        f"committer A <a@example.org> {1700000000 + self.mark} +0000\ndata 1\nx\n".encode())
        self.out += [f"{'merge' if index else 'from'} :{parent}\n".encode() for index, parent in enumerate(parents)]
        self.out.append(b"deleteall\n")
        for name, lines in sorted(tree.items()):
            text = "".join(f"{line}\n" for line in lines).encode()
            self.out.append(f"M 100644 inline {name}\ndata {len(text)}\n".encode() + text + b"\n")
        return self.mark

    def step(self, parent: int) -> int:
        tree = dict(self.trees[parent - 1])
        names = sorted(tree)
        for name in names:
            if self.draw(st.booleans()):
                tree[name] = self.edit(tree[name])
        what = self.draw(st.integers(0, 5))
        if what == 0 and names and len(tree[names[0]]) > 8:
            # A move, with an edit of one line at most, so that nobody can doubt what moved.
            free = [name for name in (*NAMES, "e.py", "d/f.py") if name not in self.trees[parent - 1]]
            if free:
                moved = list(self.trees[parent - 1][names[0]])
                if self.draw(st.booleans()):
                    moved.append(self.line())
                del tree[names[0]]
                tree[free[0]] = moved
        elif what == 1 and len(names) > 1:
            del tree[names[-1]]
        elif what == 2:
            free = [name for name in NAMES if name not in tree]
            if free:
                tree[free[0]] = [self.line() for _ in range(self.draw(st.integers(1, 12)))]
        return self.commit(tree, [parent])

    def merge(self, one: int, two: int) -> int:
        ours, theirs = self.trees[one - 1], self.trees[two - 1]
        tree = {}
        for name in sorted({*ours, *theirs}):
            sides = [side[name] for side in (ours, theirs) if name in side]
            how = self.draw(st.integers(0, 4))
            if len(sides) == 2 and how >= 3:
                # Lines of both in an order that both agree on, as a merge without a conflict gives them.
                tree[name] = both(sides[0], sides[1])
                if how == 4:
                    tree[name] = self.edit(tree[name])
            elif how < 3:
                tree[name] = sides[how % len(sides)]
        return self.commit(tree, [one, two])


def both(ours: list[str], theirs: list[str]) -> list[str]:
    kept = set(ours)
    found, at = [], 0
    for line in theirs:
        if line in kept and line:
            while at < len(ours) and ours[at] != line:
                found.append(ours[at])
                at += 1
            at += 1
            found.append(line)
        elif line:
            found.append(line)
    return found + ours[at:]


@st.composite
def stories(draw: st.DrawFn, blanks: bool = False) -> Story:
    story = Story(draw, blanks)
    story.commit({name: [story.line() for _ in range(draw(st.integers(1, 14)))] for name in NAMES[:2]}, [])
    tips = [1]
    for _ in range(draw(st.integers(2, 9))):
        what = draw(st.integers(0, 3))
        place = draw(st.integers(0, len(tips) - 1))
        if what == 0 and len(tips) < 3:
            tips.append(story.step(tips[place]))
        elif what == 1 and len(tips) > 1:
            other = tips.pop((place + 1) % len(tips))
            place = min(place, len(tips) - 1)
            if tips[place] != other:
                tips[place] = story.merge(tips[place], other)
            else:
                tips.append(other)
        else:
            tips[place] = story.step(tips[place])
    end = tips[0]
    for tip in tips[1:]:
        end = story.merge(end, tip)
    story.out.append(f"reset refs/heads/main\nfrom :{end}\n\n".encode())
    return story


def blamed(repo: Repo, sha: str, path: str) -> list[str]:
    out = repo.git("blame", "--porcelain", sha, "--", path)
    return [found[1] for line in out.splitlines() if (found := re.match(r"([0-9a-f]{40}) \d+ \d+", line))]


def compared(story: Story) -> tuple[int, int, list[str]]:
    """(lines, lines that differ, where) of every file at every commit."""
    with tempfile.TemporaryDirectory() as folder:
        repo = Repo(Path(folder) / "repo")
        repo.git("fast-import", "--quiet", "--force", stdin=b"".join(story.out))
        found = harvest(Settings(repo.path))
        shas = found.commits["sha"].to_pylist()
        listed = [(seq, path) for seq, sha in enumerate(shas)
                  for path in repo.git("ls-tree", "-r", "--name-only", sha).splitlines()]
        ours = annotate(found, listed)
        lines = wrong = 0
        where = []
        for (seq, path), seqs in ours.items():
            assert seqs is not None
            theirs = blamed(repo, shas[seq], path)
            assert len(theirs) == len(seqs)
            bad = [at for at, (one, two) in enumerate(zip(seqs.tolist(), theirs, strict=True)) if one < 0 or shas[one] != two]
            lines, wrong = lines + len(theirs), wrong + len(bad)
            where += [f"{path} at {seq}: line {at + 1}" for at in bad]
        survival = survive(found)
        # What is alive is what stands there at the end.
        standing = sum(len(seqs) for (seq, _), seqs in ours.items() if seq == len(shas) - 1 and seqs is not None)
        alive = survival.lines.filter(pc.is_null(survival.lines["ended"]))
        assert (pc.sum(alive["lines"]).as_py() or 0) == standing
        return lines, wrong, where


@given(stories())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_line_is_whom_blame_names(story: Story) -> None:
    _, wrong, where = compared(story)
    assert not wrong, where


@given(st.lists(st.sampled_from([b"", b"}", b"a", b"b", b"  c", b"\td", b"e"]), max_size=30),
       st.lists(st.sampled_from([b"", b"}", b"a", b"b", b"  c", b"\td", b"f"]), max_size=30), st.booleans(), st.booleans())
@settings(max_examples=400, deadline=None)
def test_hunks_make_one_text_of_the_other(old: list[bytes], new: list[bytes], one: bool, two: bool) -> None:
    a, b = b"\n".join(old) + b"\n" * one, b"\n".join(new) + b"\n" * two
    ours, theirs = _compare.cut(a), _compare.cut(b)
    x = y = 0
    hunks = [(start + i, end + i, first + j, last + j) for found, i, j, _, _ in _compare.compare(a, b)
             for start, end, first, last in found]
    for start, end, first, last in [*hunks, (len(ours), len(ours), len(theirs), len(theirs))]:
        assert ours[x:start] == theirs[y:first]
        assert start <= end and first <= last
        x, y = end, last
    assert _compare.count(a) == len(ours)


@given(st.lists(st.tuples(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8)), max_size=5))
@settings(max_examples=300, deadline=None)
def test_parts_looked_at_together_have_as_many_lines_in_common_as_alone(parts: list[tuple[list[str], list[str]]]) -> None:
    together = _differ.joint(parts)
    for (old, new), blocks in zip(parts, together, strict=True):
        x = y = 0
        for i, j, size in blocks:
            assert i >= x and j >= y and old[i : i + size] == new[j : j + size]
            x, y = i + size, j + size
        alone = _differ.common(*_differ.numbered(old, new))
        assert sum(size for _, _, size in blocks) == sum(size for _, _, size in alone)
