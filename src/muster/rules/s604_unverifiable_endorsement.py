"""S604 unverifiable-endorsement: an endorsement that nothing but your own word carries.

## What
An endorsement has somebody's words in it, and behind them stands no signature, no file in keep/ that is still what was
kept, and no link to a record that this person made themselves. One that was asked for and is not answered yet is not
looked at. Where it links to a place that no connected source reads, this cannot tell.

## Why
Words that you typed in another's name are your words. One forwarded mail, or one comment that the room can open, makes
them theirs.

## Bad
```markdown entries/2026-06-24-dana.md
---
type: endorsement
from: dana@example.org
---
# Dana on the locks
> "We moved in an afternoon."
```

## Good
```markdown entries/2026-06-24-dana.md
---
type: endorsement
from: dana@example.org
---
# Dana on the locks
> "We moved in an afternoon", she wrote in [her mail](../keep/2026-06-17-dana.eml).
```
```yaml case
proofs: {keep/2026-06-17-dana.eml: same}
```

## When to ignore
When the person will be asked in the room. Say so in the entry, so that the manager's brief can.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from muster.model import Case, Entry, Finding, Grade, Held, Person, Where
from muster.rules import CannotTell, finding, rule
from muster.rules.facts import bot
from muster.rules.prose import quoted

_KEPT = "keep/"
#: What leads to a platform: an address, a change or issue by number, a commit.
_ADDRESS = re.compile(r"https?://|#\d+$|^[0-9a-f]{7,40}$")


@rule("S604", "unverifiable-endorsement", since="0.3", needs=("book",))
def check(case: Case) -> Iterator[Finding | CannotTell]:
    """A finding for each endorsement that only the owner's word carries."""
    for entry in case.entries:
        if entry.type != "endorsement" or not said(entry) or entry.grade >= Grade.WITNESSED or own_record(case, entry):
            continue
        kept = {path: next((one.held for one in case.proofs if one.path == path), None) for path in proofs(entry)}
        if any(held in (Held.SAME, Held.UNRECORDED) for held in kept.values()):
            continue
        unread = [one for one in case.unresolved if one.path == entry.path and not one.dead and _ADDRESS.search(one.reference.target)]
        if unread and not kept:
            yield CannotTell(f"{quoted(entry.title)} links to what is not connected ({unread[0].reason.removeprefix('not connected: ')})")
            continue
        yield finding(Where(path=entry.path, line=1), f"{quoted(entry.title)}: {lacking(case, entry, kept)}", move(entry))


def said(entry: Entry) -> bool:
    """Whether an endorsement has anybody's words in it."""
    section = entry.section("What they said")
    text = section.text if section else entry.body
    return bool(re.sub(r"<!--.*?-->|^#[^\n]*", "", text, flags=re.DOTALL | re.MULTILINE).strip())


def proofs(entry: Entry) -> tuple[str, ...]:
    """Paths in keep/ that an entry refers to, in the order of its text."""
    found: dict[str, None] = {}
    for reference in entry.references:
        target = unquote(reference.target.strip().strip("<>").split("#", 1)[0].split("?", 1)[0])
        near = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), target))
        for path in (near, posixpath.normpath(target)):
            if path.startswith(_KEPT):
                found.setdefault(path)
    return tuple(found)


def own_record(case: Case, entry: Entry) -> bool:
    """Whether the endorsement refers to something that the person who gave it recorded themselves."""
    giver = str(entry.meta.get("from") or "").strip()
    for link in case.links_from([entry.id]):
        piece = case.evidence.get(link.dst)
        if piece is None or piece.source == "book" or case.mine(piece) or bot(case, piece.actor):
            continue
        if not giver or is_them(giver, case.people.get(piece.actor) or Person(piece.actor, piece.actor)):
            return True
    return False


def is_them(typed: str, person: Person) -> bool:
    """Whether a person is meant by what was typed: an address, a handle, a name, or a name at a team."""
    given = typed.casefold().lstrip("@")
    if address := re.search(r"<([^<>]+)>", given):
        given = address[1]
    known = {person.id.lstrip("@"), person.name, *person.emails, *(handle.lstrip("@") for handle in person.handles)}
    names = {one.casefold() for one in known if one}
    local, _, home = given.partition("@")
    first = person.name.casefold().partition(" ")[0]
    return given in names or ("." not in home and local in {*names, first, person.id.partition("@")[0]})


def lacking(case: Case, entry: Entry, kept: dict[str, Held | None]) -> str:
    """What was looked for and is not there."""
    if broken := [path for path, held in kept.items() if held is Held.CHANGED]:
        return f"it leans on {broken[0]}, which is no longer what was kept, and on nothing else"
    if kept:
        return f"it leans on {next(iter(kept))}, which is not there, and on nothing else"
    others = [link for link in case.links_from([entry.id]) if (piece := case.evidence.get(link.dst)) and piece.source != "book"]
    tail = "; what it links is not theirs" if others and entry.meta.get("from") else ""
    return f"no signature, no kept file, and no record of their own stands behind the words{tail}"


def move(entry: Entry) -> str:
    """What to ask for, and where to put it."""
    giver = str(entry.meta.get("from") or "").strip()
    return f"Ask {giver or 'them'} for two sentences by mail or where they can be linked; put the file into keep/ and link it here."
