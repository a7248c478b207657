"""Which reviews changed the code, on a project's real history: how many, how sure, and some of them to read by hand.

    python benchmarks/github_reviews.py BACKUP OWNER/NAME REPOSITORY [--sample N] [--seed S]

BACKUP is as for github_replay.py, REPOSITORY the project's own, with its merges. Everybody's comments are looked at, not one
person's. Of those whose commit is still in the repository it is checked that the line stood there when the comment was
written. A sample is printed with the comment, the line, and the likest lines that were merged; whether the code had changed,
and whether as the comment asks, is for the reader.
"""

from __future__ import annotations

import argparse
import difflib
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.github_server import Project, backup

from muster import sources
from muster.lake import Lake
from muster.links import View, changes_after_review
from muster.links.changes_after_review import Comment, lines, plain
from muster.org import Organisation
from muster.people import resolve
from muster.sources import github
from muster.sources._kept import Raw
from muster.sources.git import Settings, harvest

SEEN = datetime(2026, 1, 1, tzinfo=UTC)


class Everybody(str):
    """A subject that is anybody."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


def main() -> int:
    """0."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("backup", type=Path)
    given.add_argument("name")
    given.add_argument("repository", type=Path)
    given.add_argument("--sample", type=int, default=0)
    given.add_argument("--seed", type=int, default=7)
    said = given.parse_args()
    found = sources.gathered(github, raws(backup(said.backup, said.name), said.name.lower()))
    harvests = [harvest(Settings(said.repository))]
    lake = Lake.build(harvests, resolve(harvests, accounts=found.accounts), (), found.evidence)
    view = View(lake, Organisation.read(lake, None), "nobody")
    assert view.record is not None and view.tracked is not None  # read for nobody, before everybody is asked for
    object.__setattr__(view, "subject", Everybody("everybody"))
    evidence = {piece.id: piece for piece in found.evidence}
    remarks = [piece for piece in found.evidence if piece.fact("path") and not piece.fact("answers")]
    start = time.process_time()
    looked = {one.id: one for one in changes_after_review.comments(view)}
    links = {link.dst: link for link in changes_after_review.find(view)}
    spent = time.process_time() - start
    print(f"{len(remarks)} first comments at code; {sum(piece.fact('outdated') == 'yes' for piece in remarks)} at a line that changed since")
    print(f"{len(looked)} of them by others, on what was merged later and is here; the line is gone from the merge for {len(links)}, {spent:.1f} s CPU")
    stood = {id_: f"{evidence[id_].fact('commit')}:{looked[id_].path}" for id_ in links}
    there = view.lake.repository(harvests[0].name).blobs(dict.fromkeys(stood.values()))
    checked = {id_: looked[id_].line in lines(content) for id_, name in stood.items() if (content := there[name]) is not None}
    print(f"of {len(checked)} whose commit is still in the repository the line stood there for {sum(checked.values())}")
    for number, id_ in enumerate(random.Random(said.seed).sample(sorted(links), min(said.sample, len(links))), 1):
        show(number, looked[id_], evidence[id_].text, str(evidence[id_].fact("quote")), view)
    return 0


def show(number: int, one: Comment, text: str, quote: str, view: View) -> None:
    """Print one to read."""
    merged = view.lake.repository(one.origin).blobs(one.files[:1])[one.files[0]] or b""
    rows = [row.strip() for row in merged.decode("utf-8", "replace").split("\n")]
    print(f"\n{number}. {one.id.partition(':')[2]}, {one.path}\n   {' '.join(text.split())[:300]}\n   was  {quote[:160]}")
    for row in difflib.get_close_matches(quote[1:].strip(), rows, 2, 0.5):
        print(f"   now  {row[:160]}" if plain(row) != one.line else "   STILL THERE")


def raws(project: Project, name: str) -> Iterator[tuple[str, Raw]]:
    """The items that a sync would keep."""
    for number, item in sorted(project.items.items()):
        home = f"{name}/issues/{number}"
        yield home, Raw(home, "issue", item.issue, SEEN)
        for body in item.timeline:
            sort, id_ = github.sorted_(github.look(body, github.Below) or github.Below(), body)
            yield home, Raw(f"{home}/{sort}/{id_}", "timeline", body, SEEN)
        if item.pull is not None:
            home = f"{name}/pulls/{number}"
            yield home, Raw(home, "pull", item.pull, SEEN)
            for body in item.comments:
                below = github.look(body, github.Below) or github.Below()
                yield home, Raw(f"{home}/review-comments/{below.id}", "review-comment", body, SEEN)


if __name__ == "__main__":
    sys.exit(main())
