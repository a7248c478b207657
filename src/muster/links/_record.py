"""The commits of the lake as messages refer to them: by hash, by the number that landed them, by path, by proposal.

`read` gives a `Record`; `resolve` turns a `Mention` into positions of commits. Everything here is one pass over the
commits, their parents and the rows of documents; only messages that can concern the subject are parsed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from muster.lake import Lake
from muster.links._mentions import FAMILIES, OWN, Mention, Says, What, mentions, short
from muster.model import MOST_CO_AUTHORS
from muster.sources._proposals import BY_ISSUE, PROSE, Paper, proposal_name, unit
from muster.sources.git import Harvest

MERGED = re.compile(
    r"^(?:Merge pull request #(\d+)\b|Merged? in \S+ \(pull request #(\d+)\)|(?:Auto merge of|Merge) #(\d+)\b|Merge PR #?(\d+)\b)"
)
BRANCH_REVERTS = re.compile(r"^Merge pull request #\d+ from \S+?/revert-(\d+)-")
GERRIT = re.compile(r"^Change-Id: (I[0-9a-f]{40})\s*$", re.MULTILINE)

QUOTES = re.compile(r"(?:^|: )(?:Partial(?:ly)? )?(?:Revert|Reapply|Re-?land|Un-?revert)\b", re.IGNORECASE)
#: A subject in brackets and quotation marks, as it stands beside a hash.
BESIDE = re.compile(r"""[0-9a-f]{7,40}[`'\])]?[,:]? ?\(?[("'“‘`]+([^"”\n]{8,80})""")
#: Every name a message could use, coarsely: only messages with a name of the subject's work are read closely. One
#: expression each, and a word without which it need not be tried: together, as alternatives, they are ten times slower.
FAMILY = re.compile(rf"\b({FAMILIES})[-# ]{{0,2}}0*([1-9]\d*)", re.IGNORECASE)
NUMBER = re.compile(r"(?:#|/|\b(?:PR|[Rr]equest|GH-) ?)([1-9]\d{0,6})\b")
HASH = re.compile(r"\b([0-9a-f]{7})[0-9a-f]{0,33}\b")
CHANGE = re.compile(r"\b(I[0-9a-f]{40})\b")
FILE = re.compile(r"[\w@-][\w@.-]*")
ENDINGS = (".md", ".rst", ".adoc", ".txt")
SLUG = re.compile(r"(?<=/)(\d{2,5}-[a-z][\w-]+)")

#: A merge of more commits than this lands a release or a long branch: what refers to it means the branch as a whole.
WHOLE = 40

#: From this largest number on, a bare number of one or two digits is not believed.
MANY_LANDED = 1000

#: Names that every project has: saying one of them points at no particular document.
COMMON = re.compile(
    r"^(?:readme|index|changelog.*|changes|history|news|release[-_]?notes.*|contributing|contributors|authors|maintainers|owners"
    r"|license|copying|notice|security|requirements[\w.-]*|roadmap|governance|code[-_]of[-_]conduct|todo|support|cmakelists)\.\w+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """A mention that was resolved: the commit at `src` says it of those at `dst` (positions), most telling first."""

    src: int
    dst: tuple[int, ...]
    mention: Mention
    landed: bool


@dataclass(slots=True)
class Record:
    """Commits of every harvest by position, in the order of (origin, seq), and the ways to refer to them.

    `group[i]` is the position of the merge that landed commit `i` (its own position where it landed by itself);
    `members` are the commits of such a group without merges, oldest first. `weights` count the files of code, settings and prose that one changed. `numbers` maps (origin, number) to a group; `numbered` are the merges that carry one,
    `own` the numbers under which a commit landed. `proposals` and `documents` map to the commit that first added them;
    `papers` are the proposals by the commit that first added them, `paper_at` by path or folder, `paper_named` by number;
    `issues` maps (origin, number) of a tracking issue to its proposal.
    """

    lake: Lake
    subject: str
    ids: list[str]
    origins: list[str]
    titles: list[str]
    bodies: list[str]
    actors: list[str]
    times: list[datetime | None]
    bots: list[bool]
    merges: list[bool]
    bulks: list[bool]
    mine: list[bool]
    at: dict[str, int]
    group: list[int] = field(default_factory=list)
    members: dict[int, list[int]] = field(default_factory=dict)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    own: dict[int, str] = field(default_factory=dict)
    numbered: set[int] = field(default_factory=set)
    prefixes: dict[str, list[int]] = field(default_factory=dict)
    change_ids: dict[str, list[int]] = field(default_factory=dict)
    proposals: dict[str, int] = field(default_factory=dict)
    documents: dict[tuple[str, str], int] = field(default_factory=dict)
    named: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    subjects: dict[str, list[int]] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)
    largest: dict[str, int] = field(default_factory=dict)
    papers: dict[int, tuple[Paper, ...]] = field(default_factory=dict)
    paper_at: dict[tuple[str, str], Paper] = field(default_factory=dict)
    paper_named: dict[str, Paper] = field(default_factory=dict)
    issues: dict[tuple[str, str], Paper] = field(default_factory=dict)
    sorted_subjects: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def drafts(self) -> Mapping[int, tuple[Paper, ...]]:
        """The commits that first added a proposal."""
        return self.papers

    def wrote(self, paper: Paper) -> bool:
        """Whether the subject wrote a proposal: its file names them, or they added it and it names nobody known instead."""
        made = self.at.get(paper.id)
        if made is None or not self.mine[made]:
            # Authors whom the file named only later are no evidence of who wrote it.
            return bool(paper.first.authors) and self.subject in paper.authors
        # Somebody with two addresses is one person to whoever reads the file.
        person = self.lake.people.person
        return not paper.known or person(self.subject).name.casefold() in {person(one).name.casefold() for one in paper.authors}

    def before(self, dst: int, src: int) -> bool:
        """Whether the record at `dst` is the earlier one: by the authors' clocks, else by the order of history."""
        first, second = self.times[dst], self.times[src]
        if first is not None and second is not None and first != second:
            return first < second
        return self.origins[dst] == self.origins[src] and dst < src

    def commits(self, prefix: str) -> tuple[int, ...]:
        """The one commit whose hash begins so (of a merge: what it landed); empty where none or several do."""
        found = [i for i in self.prefixes.get(prefix[:7], ()) if self.ids[i].startswith(prefix, 4)]
        return self.whole(found[0]) if len(found) == 1 else ()

    def whole(self, i: int) -> tuple[int, ...]:
        """The commits that stand for the one at `i`: itself, or for a merge those that it landed, newest first."""
        if not self.merges[i]:
            return (i,)
        members = self.members.get(i, [])
        return tuple(reversed(members)) or (i,)

    def origin(self, repo: str | None, default: str | None) -> str | None:
        """The harvest's name that a mention's repository means; None where that is not connected."""
        return default if repo is None else self.names.get(repo.removesuffix(".git").casefold())

    def believes(self, mention: Mention, origin: str) -> bool:
        """Whether a number is meant as one: where thousands have landed, a bare "#7" is the seventh point of a list."""
        return mention.sure or len(mention.value) > 2 or self.largest.get(origin, 0) < MANY_LANDED

    def landed(self, repo: str | None, number: str, default: str | None) -> tuple[int, ...]:
        """The commits that a change's number landed, newest first; empty where it is no change that landed."""
        origin = self.origin(repo, default)
        group = self.numbers.get((origin, number)) if origin else None
        return () if group is None else self.whole(group)

    def document(self, repo: str | None, path: str, default: str | None) -> tuple[int, ...]:
        """The commit that first added the document of that path, or the one that its last parts name unambiguously."""
        origin = self.origin(repo, default)
        if origin is None:
            return ()
        if (origin, path) in self.documents and ("/" in path or not COMMON.match(path)):
            return (self.documents[origin, path],)
        name = path.rsplit("/", 1)[-1]
        if COMMON.match(name) and "/" not in path:
            return ()
        found = {
            self.documents[key]
            for key in self.named.get(name, ())
            if key[0] == origin and f"/{key[1]}".endswith(f"/{path}")
        }
        return tuple(found) if len(found) == 1 else ()

    def added(self, origin: str, path: str) -> int | None:
        """The commit that first added a path, or the first one under that folder; None where none did."""
        if (origin, path) in self.documents:
            return self.documents[origin, path]
        row = self.lake.db.execute(
            """SELECT c.id FROM change c WHERE c.origin = ? AND (c.path = ? OR starts_with(c.path, ? || '/'))
               ORDER BY c.path <> ?, c.seq, c.path LIMIT 1""",
            [origin, path, path, path],
        ).fetchone()
        return self.at.get(row[0]) if row else None

    def stands(self, positions: Sequence[int]) -> int:
        """Which of the commits that landed together one link goes to: the subject's, else anybody's; of these the one
        that changed the most such files, else the newest. Of a whole branch it is the newest.
        """
        if len(positions) > WHOLE:
            return positions[0]
        mine = [i for i in positions if self.mine[i] and not self.bulks[i]]
        return max(mine or positions, key=lambda i: (self.weights.get(self.ids[i], 0), i))

    def resolve(self, src: int, mention: Mention) -> Said | None:
        """What a commit's mention means, where that is an earlier commit and not of the same landed change."""
        origin = self.origins[src]
        landed = False
        found: Iterable[int]
        if mention.what is What.HASH:
            found = self.commits(mention.value) if mention.sure else ()
            if mention.titled and not (found and self.same(found, mention.titled)):
                # A hash of another tree, or one that was mistyped; its subject is as good a name where it is the only one.
                found = self.only(src, mention.titled) or found
        elif mention.what is What.NUMBER:
            found = self.landed(mention.repo, mention.value, origin) if self.believes(mention, origin) else ()
            landed = True
        elif mention.what is What.CHANGE_ID:
            found = [i for i in self.change_ids.get(mention.value, ()) if self.before(i, src)][-1:]
        elif mention.what is What.PROPOSAL:
            found = [self.proposals[mention.value]] if mention.value in self.proposals else []
        elif mention.what is What.PATH:
            found = self.document(mention.repo, mention.value, origin)
        else:
            found = self.quoted(src, mention.value)
        exact = mention.what is What.HASH and mention.says in (Says.REVERTS, Says.FIXES)
        kept = tuple(i for i in found if not self.together(i, src) and (self.before(i, src) or (exact and self.earlier(i, src))))
        return Said(src, kept, mention, landed) if kept else None

    def together(self, one: int, other: int) -> bool:
        """Whether two commits landed as one change: by one numbered merge, or one author's by the same merge.

        A merge without a number may be a whole tree of many people's; what they do to each other there is on record.
        """
        group = self.group[one]
        if group != self.group[other]:
            return False
        return not self.merges[group] or group in self.numbered or self.actors[one] == self.actors[other]

    def earlier(self, dst: int, src: int) -> bool:
        """Whether `dst` stands before `src` in the history of one repository, whatever their clocks say."""
        return self.origins[dst] == self.origins[src] and dst < src

    def same(self, positions: Sequence[int], subject: str) -> bool:
        """Whether one of these has that title, also where it was cut short by "…"; capitals and points make no difference."""
        told = _plain(subject)
        return any(_plain(self.titles[i]).startswith(told) or told.startswith(_plain(self.titles[i])) for i in positions)

    def only(self, src: int, subject: str) -> tuple[int, ...]:
        """The one earlier commit of that title; empty where several have it, or where it says too little."""
        if len(subject.split()) < 3:
            return ()
        found = self._titled(src, subject)
        return self.whole(found[0]) if len(found) == 1 else ()

    def quoted(self, src: int, subject: str) -> tuple[int, ...]:
        """The nearest commit before `src` whose title is that subject, also where it was cut short by "…"."""
        near = self._titled(src, subject)
        return self.whole(max(near)) if near else ()

    def _titled(self, src: int, subject: str) -> list[int]:
        """The commits before `src` of that subject; a pull request's title stands for what its merge landed."""
        cut = re.sub(r"(?:\.\.\.|…)$", "", subject)
        keys = [subject]
        if cut != subject:
            since = bisect_left(self.sorted_subjects, cut) if len(cut) > 20 else len(self.sorted_subjects)
            keys = list(takewhile(lambda key: key.startswith(cut), self.sorted_subjects[since : since + 50]))
        found = {i for key in keys for i in self.subjects.get(key, ())}
        return sorted(
            i for i in found
            if self.origins[i] == self.origins[src] and (self.before(i, src) or self.earlier(i, src)) and i != src
        )

    def said(self) -> Iterator[Said]:
        """Every resolved mention that has the subject on a side, in the order of history.

        A merge speaks for what it landed: its mention is the newest commit's of that, unless one of them said it too.
        Bots say nothing here, except that they revert.
        """
        interesting = self._interesting()
        heard: set[tuple[int, int, Says]] = set()
        for wanted in (False, True):
            for src, title in enumerate(self.titles):
                if self.merges[src] is not wanted:
                    continue
                body = self.bodies[src]
                speaker = self.stands(self.whole(src)) if wanted else src
                if not self.mine[speaker] and not interesting(title, body):
                    continue
                found = (
                    []
                    if wanted and title.startswith("Merge ") and not body
                    else list(self._mentions(src, title, body))
                )
                if wanted and (branch := BRANCH_REVERTS.match(title)):
                    found.append(Mention(What.NUMBER, branch[1], Says.REVERTS, short(title)))
                # Two changes may have had the quoted title; the hash says which is meant.
                exact = any(
                    one.what is What.HASH and one.says is Says.REVERTS and self.resolve(speaker, one)
                    for one in found
                )
                for mention in found:
                    if exact and mention.what is What.SUBJECT and mention.says is Says.REVERTS:
                        continue
                    if self.bots[speaker] and mention.says not in (Says.REVERTS, Says.REAPPLIES):
                        continue
                    said = self.resolve(speaker, mention)
                    if said is None:
                        continue
                    key = (self.group[speaker], self.group[said.dst[0]], mention.says)
                    if wanted and key in heard:
                        continue
                    heard.add(key)
                    if self.mine[speaker] or self.mine[self.stands(said.dst)]:
                        yield said

    def _mentions(self, src: int, title: str, body: str) -> tuple[Mention, ...]:
        if MERGED.match(title):
            first, _, rest = body.strip().partition("\n")
            return mentions(first, rest)
        return mentions(title, body)

    def _interesting(self) -> Callable[[str, str], bool]:
        """A quick test of whether a message can concern the subject: does it hold any name of their work?"""
        groups = {self.group[i] for i, mine in enumerate(self.mine) if mine}
        numbers = {number for (_, number), group in self.numbers.items() if group in groups}
        hashes = {
            self.ids[j][4:11] for i, mine in enumerate(self.mine) if mine for j in (i, self.group[i])
        }
        changes = {name for name, members in self.change_ids.items() if any(self.mine[i] for i in members)}
        proposals = {name for name, i in self.proposals.items() if self.mine[i]}
        documents = {
            name for name, keys in self.named.items() if any(self.mine[self.documents[key]] for key in keys)
        }

        titles = {_plain(self.titles[i])[:40] for i, mine in enumerate(self.mine) if mine}

        def interesting(title: str, body: str) -> bool:
            if QUOTES.match(title) or BRANCH_REVERTS.match(title):
                return True
            text = f"{title}\n{body}"
            return (
                any(found in hashes for found in HASH.findall(text))
                or any(found in numbers for found in NUMBER.findall(text))
                or ('("' in text and any(_plain(found)[:40] in titles for found in BESIDE.findall(text)))
                or (bool(changes) and any(found in changes for found in CHANGE.findall(text)))
                or (bool(proposals) and any(f"{word.upper()}-{n}" in proposals for word, n in FAMILY.findall(text)))
                or (bool(documents) and names_document(text))
            )

        def names_document(text: str) -> bool:
            if any(ending in text for ending in ENDINGS) and any(
                found.rstrip(".") in documents for found in FILE.findall(text)
            ):
                return True
            return "/" in text and any(found in documents for found in SLUG.findall(text))

        return interesting


def read(lake: Lake, subject: str) -> Record:
    """The record of a lake as seen from one person. Reads the commits once; promises the order of (origin, seq)."""
    rows = lake.db.execute(
        """SELECT e.id, e.origin, e.title, e.text, e.actor, e.happened_at, e.bot, e.merge, e.bulk,
                  e.actor = $me OR p.id IS NOT NULL
           FROM evidence e LEFT JOIN (SELECT id FROM participant WHERE role = 'co-author' GROUP BY id
                                         HAVING bool_or(person = $me) AND count(*) <= $most) p USING (id)
           WHERE e.source = 'git' AND e.kind IN ('change', 'document') ORDER BY e.origin, e.seq, e.id""",
        {"me": subject, "most": MOST_CO_AUTHORS},
    ).fetchall()
    columns: list[list[Any]] = (
        [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(10)]
    )
    ids, origins, titles, bodies, actors, times, bots, merges, bulks, mine = columns
    at = {id_: i for i, id_ in enumerate(ids)}
    record = Record(lake, subject, ids, origins, titles, bodies, actors, times, bots, merges, bulks, mine, at)
    for harvest in lake.harvests:
        record.names.setdefault(harvest.name.casefold(), harvest.name)
    for harvest in lake.harvests:
        record.names.setdefault(harvest.name.rsplit("/", 1)[-1].casefold(), harvest.name)
    record.group = list(range(len(record.ids)))
    for harvest in lake.harvests:
        _land(record, harvest)
    for i, id_ in enumerate(record.ids):
        record.prefixes.setdefault(id_[4:11], []).append(i)
        title = record.titles[i]
        for subject in dict.fromkeys((title, OWN.sub("", title), _pull_title(record, i))):
            if subject:
                record.subjects.setdefault(subject, []).append(i)
        if not record.merges[i]:
            body = record.bodies[i]
            if "Change-Id: I" in body:
                for found in GERRIT.findall(body):
                    record.change_ids.setdefault(found, []).append(i)
            if own := OWN.search(record.titles[i]):
                record.own.setdefault(i, own[1])
                record.numbers.setdefault((record.origins[i], own[1]), i)
    for origin, one in record.numbers:
        record.largest[origin] = max(record.largest.get(origin, 0), int(one))
    record.weights = dict(
        lake.db.execute(
            "SELECT id, count(*) FROM change WHERE kind IN ('code', 'config', 'doc', 'proposal') GROUP BY id ORDER BY id"
        ).fetchall()
    )
    record.sorted_subjects = sorted(record.subjects)
    _documents(record, lake)
    return record


def _plain(subject: str) -> str:
    """A subject without what people change when they copy it."""
    return re.sub(r"(?:\.\.\.|…)$", "", OWN.sub("", subject)).rstrip(" .").casefold()


def _pull_title(record: Record, i: int) -> str:
    """The title of the pull request that a merge landed, where its message has it."""
    if not record.merges[i] or not MERGED.match(record.titles[i]):
        return ""
    return record.bodies[i].strip().partition("\n")[0].strip()


def _land(record: Record, harvest: Harvest) -> None:
    """Which merge landed each commit: those reachable from its other parents and from nothing before it.

    Walks the first-parent line from the head; a merge's other parents are walked the same way before the merge itself,
    so every commit is visited once. The innermost merge that has a number lands it, else the outermost that has none.
    """
    shas = harvest.commits.column("sha").to_pylist()
    parents_of = harvest.commits.column("parents").to_pylist()
    here = {
        sha: i
        for sha in shas
        if (i := record.at.get(f"git:{sha}")) is not None and record.origins[i] == harvest.name
    }
    parents = {
        here[sha]: [here[one] for one in ones if one in here]
        for sha, ones in zip(shas, parents_of, strict=True)
        if sha in here
    }
    if not parents:
        return
    seen: set[int] = set()
    number: dict[int, str] = {}
    for i in parents:
        if record.merges[i] and (found := MERGED.match(record.titles[i])):
            number[i] = next(group for group in found.groups() if group)

    def chain(head: int) -> list[int]:
        line = []
        while head not in seen:
            line.append(head)
            if not parents[head]:
                break
            head = parents[head][0]
        return line

    tops = [here[harvest.head]] if harvest.head in here else []
    for top in (*tops, *sorted(parents, reverse=True)):
        if top in seen:
            continue
        stack: list[tuple[list[int], int | None]] = [(chain(top), None)]
        while stack:
            line, lander = stack[-1]
            if not line:
                stack.pop()
                continue
            i = line[-1]
            if i in seen:
                line.pop()
                continue
            side = next((one for one in parents[i][1:] if one not in seen), None)
            if side is not None:
                stack.append((chain(side), i if i in number or lander is None else lander))
                continue
            seen.add(i)
            line.pop()
            if lander is not None:
                record.group[i] = lander
                if not record.merges[i]:
                    record.members.setdefault(lander, []).append(i)
            if i in number and lander is None:
                record.numbers[harvest.name, number[i]] = i
    record.numbered.update(number)
    for i, one in sorted(number.items()):
        record.numbers.setdefault((harvest.name, one), i)
        for member in record.members.get(i, ()):
            record.own[member] = one
    for members in record.members.values():
        members.sort()


def _documents(record: Record, lake: Lake) -> None:
    """Who first added every document and proposal, with moves followed, and the numbers that proposals carry."""
    shared: set[str] = set()
    for paper in lake.papers:
        made = record.at.get(paper.id)
        if made is None:
            continue
        record.papers[made] = (*record.papers.get(made, ()), paper)
        for edit in paper.edits:
            place = unit(edit.path)
            for key in dict.fromkeys(((paper.origin, edit.path), (paper.origin, place))):
                if key not in record.documents:
                    record.documents[key] = made
                    record.named.setdefault(key[1].rsplit("/", 1)[-1], []).append(key)
                record.paper_at.setdefault(key, paper)
            if name := proposal_name(edit.path):
                record.proposals.setdefault(name, made)
                if record.paper_named.setdefault(name, paper) is not paper:
                    shared.add(name)
        for repo, number in (*paper.first.issues, *paper.last.issues):
            if (origin := record.origin(repo, paper.origin)) is not None:
                record.issues.setdefault((origin, number), paper)
        family, _, number = (paper.name or "").partition("-")
        if family in BY_ISSUE:
            record.issues.setdefault((paper.origin, number), paper)
    for name in sorted(shared):
        # A number that two proposals had names neither of them.
        del record.paper_named[name], record.proposals[name]
    rows = lake.db.execute(
        """SELECT c.id, c.origin, c.path, c.from_path, c.status FROM change c
           WHERE c.kind = 'doc' AND c.status IN ('A', 'R') ORDER BY c.origin, c.seq, c.path"""
    ).fetchall()
    for id_, origin, path, before, status in rows:
        i = record.at.get(id_)
        if i is None or not path.lower().endswith((*PROSE, ".yaml")):
            continue
        key = (origin, path)
        if key not in record.documents:
            record.documents[key] = record.documents.get((origin, before), i) if status == "R" else i
            record.named.setdefault(path.rsplit("/", 1)[-1], []).append(key)
