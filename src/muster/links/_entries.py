"""What the book's entries refer to: each Markdown link and front-matter reference, tied to evidence or said not to be.

[the fix](https://github.com/acme/deploy/pull/12)   the change that landed as 12, where acme/deploy is connected
[then](../entries/2026-03-02-lock.md)               another entry
implements: [acme/deploy#7, 2026-03-02-lock]        the same, in front matter
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from muster.links._mentions import short
from muster.links._record import Record
from muster.links._trackers import Tracked, plain
from muster.model import Entry, Reference, Section, Unresolved

#: Front-matter keys whose values are references.
KEYS = ("implements", "implemented-by", "mitigates", "mitigated-by", "backs", "claim", "supersedes", "about")

URL = re.compile(
    r"^https?://(?P<host>[^/]+)/(?P<repo>[\w.-]+/[\w.-]+)(?:/-)?(?:/(?:(?P<number>(?P<what>pull|pulls|issues|merge_requests)/(?P<n>\d+))"
    r"|commits?/(?P<hash>[0-9a-f]{7,40})|(?:blob|tree|raw)/(?P<ref>[^/]+)/(?P<path>[^#?]+)))?"
)
NUMBER = re.compile(r"^(?P<repo>[\w.-]+(?:/[\w.-]+)?)?#(?P<n>\d+)$")
HASH = re.compile(r"^(?:(?P<repo>[\w.-]+(?:/[\w.-]+)?)@)?(?P<hash>[0-9a-f]{7,40})$")


@dataclass(frozen=True, slots=True)
class Referred:
    """A reference of an entry: the ids that it is tied to, or why it is tied to none.

    `key` is the front-matter key that it stands under, empty for the body. `sections` are the headings above it.
    """

    entry: Entry
    reference: Reference
    ids: tuple[str, ...]
    key: str = ""
    dead: bool = False
    reason: str = ""
    sections: tuple[str, ...] = ()

    @property
    def quote(self) -> str:
        """What the reference was read off: its text with its target, or the front-matter line."""
        text, target = self.reference.text.strip(), self.reference.target
        if self.key:
            return short(f"{self.key}: {target}")
        return short(f"{text} ({target})" if text and text != target else target)

    def under(self, *titles: str) -> bool:
        """Whether it stands under a heading of one of these titles, whatever its case."""
        return any(title in titles for title in self.sections)


def referred(
    record: Record, entries: Sequence[Entry], root: Path | None, tracked: Tracked | None = None
) -> Iterator[Referred]:
    """Every reference of every entry, in the order of the entries and of their lines; front matter first."""
    paths = {entry.path: entry for entry in entries}
    stems: dict[str, list[Entry]] = {}
    for entry in entries:
        stems.setdefault(posixpath.splitext(posixpath.basename(entry.path))[0], []).append(entry)
    for entry in entries:
        typed = [
            (key, Reference(text=key, target=target, line=1))
            for key in KEYS
            for target in _targets(entry.meta, key)
        ]
        for key, reference in [*typed, *(("", reference) for reference in entry.references)]:
            target = reference.target.strip().strip("<>")
            if not target or (target.startswith(("#", "mailto:")) and not NUMBER.match(target)):
                continue
            ids, dead, reason = resolve(record, entry, target, paths, stems, root, tracked or Tracked())
            above = tuple(
                section.title.strip().casefold()
                for section in entry.sections
                if not key and _holds(section, reference.line)
            )
            yield Referred(
                entry, reference, tuple(id_ for id_ in ids if id_ != entry.id), key, dead, reason, above
            )


def unresolved(found: Sequence[Referred]) -> Iterator[Unresolved]:
    """Those references that were tied to nothing."""
    for one in found:
        if one.reason:
            yield Unresolved(one.entry.path, one.reference, one.dead, one.reason)


def resolve(
    record: Record,
    entry: Entry,
    target: str,
    paths: Mapping[str, Entry],
    stems: Mapping[str, list[Entry]],
    root: Path | None,
    tracked: Tracked,
) -> tuple[tuple[str, ...], bool, str]:
    """(ids, dead, reason): what a target is tied to; with no ids, why, and whether what it names ought to be there.

    A link to a pull request that landed is tied to what it became as well.
    """
    only = next(iter(set(record.origins)), None) if len(set(record.origins)) == 1 else None
    if (there := target if target in tracked.ids else tracked.urls.get(plain(target))) is not None:
        landed = tracked.lands.get(there, ())
        return (there, *((record.ids[record.stands(landed)],) if landed else ())), False, ""
    if url := URL.match(target):
        if url["n"] and (item := tracked.find(record.origin(url["repo"], None) or url["repo"].casefold(), url["n"])):
            landed = tracked.lands.get(item.id, ())
            return (item.id, *((record.ids[record.stands(landed)],) if landed else ())), False, ""
        if record.origin(url["repo"], None) is None:
            return (), False, f"not connected: {url['host']}/{url['repo']}"
        if url["n"]:
            return _number(record, url["repo"], url["n"], None, url["what"].startswith(("pull", "merge")))
        if url["hash"]:
            return _hash(record, url["hash"])
        if url["path"]:
            return _path(record, url["repo"], unquote(url["path"]), None)
        return (), False, f"a whole repository: {url['repo']}"
    if re.match(r"^[a-z][a-z0-9+.-]*:", target, re.IGNORECASE) and not target.startswith(("git:", "book:")):
        return (), False, f"not connected: {target.split('//', 1)[-1].split('/', 1)[0]}"
    if target.startswith("git:"):
        return _hash(record, target[4:].split("#", 1)[0])
    if number := NUMBER.match(target):
        named = (record.origin(number["repo"], None) or number["repo"].casefold()) if number["repo"] else only
        if named and (item := tracked.find(named, number["n"])):
            landed = tracked.lands.get(item.id, ())
            return (item.id, *((record.ids[record.stands(landed)],) if landed else ())), False, ""
        if number["repo"] and record.origin(number["repo"], None) is None:
            return (), False, f"not connected: {number['repo']}"
        if not number["repo"] and only is None:
            return (), False, f"not connected: which repository's {target} is not said"
        return _number(record, number["repo"], number["n"], only, False)
    if hashed := HASH.match(target):
        return _hash(record, hashed["hash"])
    path = unquote(target.removeprefix("book:").split("#", 1)[0].split("?", 1)[0]).strip()
    near = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), path))
    for name in (near, posixpath.normpath(path), near + ".md", posixpath.normpath(path) + ".md"):
        if name in paths:
            return (paths[name].id,), False, ""
    if (
        "/" not in path
        and len(found := stems.get(posixpath.splitext(path)[0] if path.endswith(".md") else path, [])) == 1
    ):
        return (found[0].id,), False, ""
    repo, _, rest = path.partition(":")
    ids, _, _ = _path(record, repo, rest, None) if rest else _path(record, None, path.removeprefix("/"), only)
    if ids:
        return ids, False, ""
    if root is not None:
        for name in (near, posixpath.normpath(path)):
            inside = root / name
            if not name.startswith("..") and inside.exists():
                return (), False, ""
        return (), True, f"no such file: {path}"
    if path.endswith(".md"):
        return (), True, f"no such entry: {path}"
    return (), False, f"not looked at: {path}"


def _number(
    record: Record, repo: str | None, number: str, default: str | None, surely: bool
) -> tuple[tuple[str, ...], bool, str]:
    """What a change's number landed. An issue's number and an unlanded change's look the same, so only a link that
    says "pull" can be dead.
    """
    name = record.origin(repo, default)
    found = record.landed(repo, number, default)
    if found:
        return (record.ids[record.stands(found)],), False, ""
    if surely and any(origin == name for origin, _ in record.numbers):
        return (), True, f"no change of {name} landed as #{number}"
    return (), False, f"not connected: #{number} of {name} is no change that landed; issues are not connected"


def _hash(record: Record, prefix: str) -> tuple[tuple[str, ...], bool, str]:
    found = record.commits(prefix)
    if found:
        return (record.ids[record.stands(found)],), False, ""
    some = len([i for i in record.prefixes.get(prefix[:7], ()) if record.ids[i].startswith(prefix, 4)])
    return (
        (),
        True,
        f"{some} commits begin with {prefix}"
        if some
        else f"no commit {prefix} in the connected repositories",
    )


def _path(
    record: Record, repo: str | None, path: str, default: str | None
) -> tuple[tuple[str, ...], bool, str]:
    """The commit of the subject's, else anybody's, that first added a path of a connected repository."""
    origins = [record.origin(repo, default)] if repo or default else sorted(set(record.origins))
    for origin in origins:
        if origin is None:
            return (), False, f"not connected: {repo}"
        found = record.added(origin, path.strip("/"))
        if found is not None:
            return (record.ids[found],), False, ""
    return (), True, f"no such path in the connected repositories: {path}"


def _targets(meta: Mapping[str, object], key: str) -> Iterator[str]:
    """The references that stand under a front-matter key, one or a list of them."""
    value = meta.get(key, meta.get(key.replace("-", "_")))
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, str) and one.strip():
            text = one.strip()
            linked = re.match(r"^\[[^\]]*\]\(([^)]+)\)$", text)
            yield linked[1] if linked else text


def _holds(section: Section, line: int) -> bool:
    return section.line <= line <= section.line + section.text.count("\n") + 2
