"""What a Backstage catalogue says: which part of the system a folder is, which group owns it, and who is in a group.

A file `catalog-info.yaml` holds any number of entities, one a document. A part (Component, API, Resource, System or
Domain) owns the folder that its `backstage.io/source-location` names, else the folder that the file stands in; without
an owner of its own, that of its system or domain. Source: "Descriptor Format of Catalog Entities" of Backstage's
documentation.

>>> found = read("kind: Component\\nmetadata: {name: search}\\nspec: {owner: 'group:default/finders', system: site}\\n")
>>> found.parts[0].name, found.parts[0].owner, found.parts[0].system
('search', 'finders', 'site')
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from muster.model import Skipped

LARGEST = 4 * 1024 * 1024
#: Kinds that stand for a part of the system; of several for one folder, the first kind here speaks.
PARTS = ("Component", "Resource", "API", "System", "Domain")
#: A chain of groups longer than this ends here; a circle is one.
DEEPEST = 20

_ANCHOR = re.compile(r"(?m)(?:^|[\s\[{,])[&*][A-Za-z0-9_]")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the system. `owner` is a group's name, or a user's where `personal`; empty where nobody is named.

    `origin` and `under` are the repository and folder of its source, as far as it says so; `location` says whether it
    does.
    """

    name: str
    kind: str
    owner: str
    personal: bool
    system: str
    origin: str | None
    under: str
    location: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The entities of a file: parts, who is in which group (`members`: user or address, group), and the group above."""

    parts: tuple[Part, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    above: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()


def read(text: str, where: str = "catalog-info.yaml") -> Catalogue:
    """The entities of a file. What cannot be used is in `skipped`, with its line."""
    skipped: list[Skipped] = []
    parts: list[Part] = []
    members: dict[tuple[str, str], None] = {}
    above: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for entity, place in _entities(text, where, skipped):
        metadata, spec = _inside(entity, "metadata"), _inside(entity, "spec")
        kind, name = str(entity["kind"]), str(metadata["name"])
        if kind == "Group":
            members.update(dict.fromkeys((plain(member), name) for member in _words(spec.get("members"))))
            if isinstance(spec.get("parent"), str) and spec["parent"]:
                above[name] = plain(str(spec["parent"]))
            for child in _words(spec.get("children")):
                above.setdefault(plain(child), name)
        elif kind == "User":
            email = str(_inside(spec, "profile").get("email") or "")
            if "@" in email:
                addresses[name] = email
            members.update(dict.fromkeys((name, plain(group)) for group in _words(spec.get("memberOf"))))
        elif kind in PARTS:
            made = _part(entity, kind, name, metadata, spec)
            if not made.owner and not made.system:
                skipped.append(Skipped(place, f"this {kind} has no spec.owner"))
            else:
                parts.append(made)
    for user, group in tuple(members):
        if user in addresses:
            members[(addresses[user], group)] = None
    return Catalogue(tuple(parts), tuple(members), above, tuple(skipped))


def owner_of(part: Part, parts: Iterable[Part]) -> tuple[str, bool]:
    """(owner, whether it is one person): the part's own, or that of its system or domain; empty where nobody is named."""
    by_name = {one.name: one for one in parts if one.kind in ("System", "Domain")}
    for _ in range(DEEPEST):
        if part.owner or part.system not in by_name:
            break
        part = by_name[part.system]
    return part.owner, part.personal


def chain(group: str, above: Mapping[str, str]) -> tuple[str, ...]:
    """The groups above a group, the nearest first."""
    out: list[str] = []
    while group in above and above[group] not in (*out, group) and len(out) < DEEPEST:
        group = above[group]
        out.append(group)
    return tuple(out)


def _part(
    entity: Mapping[str, object], kind: str, name: str, metadata: Mapping[str, object], spec: Mapping[str, object]
) -> Part:
    notes = _inside(metadata, "annotations")
    location = str(notes.get("backstage.io/source-location") or notes.get("backstage.io/managed-by-location") or "")
    origin, under = place(location)
    slug = str(notes.get("github.com/project-slug") or notes.get("gitlab.com/project-slug") or "")
    owner = spec.get("owner")
    typed = owner.strip() if isinstance(owner, str) else ""
    system = spec.get("system") or spec.get("domain")
    return Part(
        name, kind, plain(typed), typed.lower().startswith("user:"), plain(system) if isinstance(system, str) else "",
        slug or origin, under, bool(origin or under or slug),
    )  # fmt: skip


def place(location: str) -> tuple[str | None, str]:
    """(owner/name, path) of a Backstage location such as `url:https://HOST/owner/name/tree/main/services/search/`."""
    bare = location.removeprefix("url:").removeprefix("file:").removeprefix("dir:")
    found = re.match(r"https?://[^/]+/([^/]+/[^/]+?)(?:\.git)?(?:/(?:-/)?(?:tree|blob|src)/[^/]+(?:/(.*))?)?/?$", bare)
    if found:
        under = found[2] or ""
        return found[1], re.sub(r"(?:^|/)catalog-info\.ya?ml$", "", under).strip("/")
    if re.match(r"[a-z]+://", bare):
        return None, ""
    return None, re.sub(r"(?:^|/)catalog-info\.ya?ml$", "", bare.removeprefix("./")).strip("/")


def plain(reference: str) -> str:
    """The name in a Backstage reference.

    >>> plain("group:default/payments"), plain("payments")
    ('payments', 'payments')
    """
    return reference.rpartition("/")[2].rpartition(":")[2].strip()


def _entities(text: str, where: str, skipped: list[Skipped]) -> Iterator[tuple[Mapping[str, object], str]]:
    """Each entity of a file that can be read, with its place."""
    if len(text) > LARGEST:
        skipped.append(Skipped(where, "larger than 4 MiB"))
        return
    # Imported here because it takes a tenth of a second and most histories never need it.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    line = 1
    for part in re.split(r"(?m)^---[ \t]*(?:#.*)?$", text):
        blank = len(part) - len(part.lstrip())
        at, line = f"{where}:{line + part[:blank].count(chr(10))}", line + part.count("\n")
        if not part.strip():
            continue
        if _ANCHOR.search(re.sub(r"(?m)#.*$|\"[^\"\n]*\"|'[^'\n]*'", "", part)):
            skipped.append(Skipped(at, "anchors are not read"))
            continue
        try:
            entity = YAML(typ="safe", pure=True).load(part)
        except (YAMLError, ValueError, RecursionError, TypeError, AttributeError, KeyError) as error:
            skipped.append(Skipped(at, str(error).strip().splitlines()[0][:120] if str(error).strip() else "not YAML"))
            continue
        if entity is None:
            continue
        if not isinstance(entity, Mapping) or not isinstance(entity.get("kind"), str):
            skipped.append(Skipped(at, "no entity: it has no kind"))
            continue
        if not str(_inside(entity, "metadata").get("name") or ""):
            skipped.append(Skipped(at, f"this {entity['kind']} has no metadata.name"))
            continue
        yield entity, at


def _inside(entity: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = entity.get(key)
    return value if isinstance(value, Mapping) else {}


def _words(value: object) -> list[str]:
    return [str(item) for item in value if str(item).strip()] if isinstance(value, list) else []
