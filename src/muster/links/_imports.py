"""What a file imports, read off its text: Go, Python, JavaScript, Java, Rust, C, Protocol Buffers, Jsonnet, Terraform,
GitHub Actions; and which file or folder of the harvested trees an import means.

    import ("example.org/deploy/queue")    ->  the folder queue, where go.mod says example.org/deploy
    from deploy.queue import Lock          ->  deploy/queue.py
    #include "queue/lock.h"                ->  queue/lock.h

Only an import that means one place in the trees is taken; everything else is somebody else's code.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

#: Which language a file is in, by its ending. A file of another kind imports nothing here.
ENDINGS: Mapping[str, str] = {
    "go": "go", "py": "py", "pyi": "py", "js": "js", "jsx": "js", "mjs": "js", "cjs": "js", "ts": "js", "tsx": "js",
    "mts": "js", "cts": "js", "vue": "js", "svelte": "js", "java": "java", "kt": "java", "scala": "java", "rs": "rs", "c": "c",
    "h": "c", "cc": "c", "cpp": "c", "cxx": "c", "hpp": "c", "hh": "c", "hxx": "c", "S": "c", "m": "c", "proto": "proto",
    "jsonnet": "jsonnet", "libsonnet": "jsonnet", "tf": "tf",
}
#: Languages whose module is a folder; in the others it is a file.
FOLDERS = frozenset({"go", "tf", "action"})
SCRIPTS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte")

WORKFLOW = re.compile(r"(?:^|/)(?:\.github/workflows/[^/]+|action)\.ya?ml$")
#: Files that say under which name other repositories, and other folders, import what is below them.
MANIFEST = re.compile(r"(?:^|/)(?:go\.mod|package\.json|pyproject\.toml|setup\.cfg|setup\.py|Cargo\.toml)$")

GO = re.compile(r'^import\s*\((?P<block>[^)]*)\)|^import\s+(?:[\w.]+\s+)?"(?P<one>[^"\n]+)"', re.MULTILINE)
GO_LINE = re.compile(r'^\s*(?:[\w.]+\s+)?"([^"\n]+)"', re.MULTILINE)
GO_BODY = re.compile(r"^(?:func|type|var|const)\b", re.MULTILINE)
PYTHON = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<of>\.*[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#;]+)|import[ \t]+(?P<whole>[^\n#;]+))",
    re.MULTILINE,
)
SCRIPT = re.compile(
    r"""^(?![ \t]*(?://|\*)).*?(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(["'])(?P<what>[^"'\n]+)\1""", re.MULTILINE
)
JAVA = re.compile(r"^import\s+(?P<static>static\s+)?(?P<what>[\w.]+\w)", re.MULTILINE)
RUST = re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))?\s+)?use\s+(?:::)?(?P<what>\w+(?:::\w+)*)(?P<more>::\{[^;]*\})?", re.MULTILINE)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(?P<how>[\"<])(?P<what>[^\">\n]+)[\">]", re.MULTILINE)
PROTO = re.compile(r'^\s*import\s+(?:public\s+|weak\s+)?"(?P<what>[^"\n]+)"', re.MULTILINE)
JSONNET = re.compile(r"""\bimport(?:str)?\s*\(?\s*(["'])(?P<what>[^"'\n]+)\1""")
TERRAFORM = re.compile(r'^\s*source\s*=\s*"(?P<what>[^"\n]+)"', re.MULTILINE)
USES = re.compile(r"^\s*(?:-\s+)?uses:\s*[\"']?(?P<what>[^\s\"'#]+)", re.MULTILINE)
HOSTED = re.compile(r"^(?:git::)?(?:https?://|git@|ssh://git@)?github\.com[/:](?P<repo>[\w.-]+/[\w.-]+?)(?:\.git)?//(?P<path>[^?]+)")


@dataclass(frozen=True, slots=True)
class Import:
    """One import as a file writes it: `what` is the name without its quotes, `line` counts from 1."""

    what: str
    line: int


def language(path: str) -> str:
    """The language that a path's imports are read as; empty where it imports nothing that is known."""
    ending = path.rpartition(".")[2]
    if ending in ("yml", "yaml"):
        return "action" if WORKFLOW.search(path) else ""
    return ENDINGS.get(ending, "")


def imports(path: str, content: bytes) -> tuple[Import, ...]:
    """What the file says that it imports, in its own order. A mistake in it costs no more than the lines it is on."""
    read = READERS.get(language(path))
    if read is None:
        return ()
    text = content.decode("utf-8", "replace")
    found: dict[str, int] = {}
    lines, last = 1, 0
    for what, at in read(text):
        # Positions come in order; so the lines are counted once.
        lines, last = (lines + text.count("\n", last, at), at) if at >= last else (text.count("\n", 0, at) + 1, at)
        found.setdefault(what, lines)
    return tuple(Import(what, line) for what, line in found.items())


def _go(text: str) -> Iterator[tuple[str, int]]:
    body = GO_BODY.search(text)
    text = text[: body.start()] if body else text
    if 'import "C"' in text:
        text = re.sub(r"/\*.*?\*/", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL)
    for match in GO.finditer(text):
        if match["one"]:
            yield match["one"], match.start("one")
        else:
            for line in GO_LINE.finditer(match["block"]):
                yield line[1], match.start("block") + line.start(1)


def _python(text: str) -> Iterator[tuple[str, int]]:
    for match in PYTHON.finditer(text):
        if match["whole"]:
            for name in match["whole"].split(","):
                if name.strip():
                    yield name.split()[0], match.start("whole")
            continue
        of = match["of"]
        names = re.sub(r"#[^\n]*", "", match["names"]).strip("() \t\n\\")
        for name in names.split(","):
            word = name.split()
            if word and re.fullmatch(r"\w+|\*", word[0]):
                yield f"{of}:{word[0]}", match.start("of")


def _rust(text: str) -> Iterator[tuple[str, int]]:
    for match in RUST.finditer(text):
        if match["more"]:
            for name in re.findall(r"(?:^|[{,])\s*(\w+(?:::\w+)*)", match["more"]):
                yield f"{match['what']}::{name}", match.start("what")
        else:
            yield match["what"], match.start("what")


def _java(text: str) -> Iterator[tuple[str, int]]:
    for match in JAVA.finditer(text):
        what = match["what"].rpartition(".")[0] if match["static"] else match["what"]
        yield what.replace(".", "/"), match.start("what")


def _include(text: str) -> Iterator[tuple[str, int]]:
    for match in INCLUDE.finditer(text):
        yield ("<" if match["how"] == "<" else "") + match["what"], match.start("what")


def _plain(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, int]]:
    for match in pattern.finditer(text):
        yield match["what"], match.start("what")


READERS: Mapping[str, Callable[[str], Iterator[tuple[str, int]]]] = {
    "go": _go,
    "py": _python,
    "js": lambda text: _plain(SCRIPT, text),
    "java": _java,
    "rs": _rust,
    "c": _include,
    "proto": lambda text: _plain(PROTO, text),
    "jsonnet": lambda text: _plain(JSONNET, text),
    "tf": lambda text: _plain(TERRAFORM, text),
    "action": lambda text: _plain(USES, text),
}


def beside(path: str, what: str) -> str:
    """The path that a relative name means, said in the file at `path`; empty where it leads out of the tree."""
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), what))
    return "" if found.startswith("..") or found == "." else found


def names(path: str, one: Import) -> tuple[str, ...]:
    """The paths, without an ending, that a Python import or one of a name that is relative may mean; most exact first."""
    what, how = one.what, language(path)
    if how == "py":
        of, _, name = what.partition(":")
        up = len(of) - len(of.lstrip("."))
        base = of.lstrip(".").replace(".", "/")
        if up:
            home = posixpath.dirname(path)
            for _ in range(up - 1):
                home = posixpath.dirname(home)
            base = f"{home}/{base}".strip("/")
        return tuple(part for part in (f"{base}/{name}".strip("/") if name else "", base) if part)
    if how == "js":
        found = beside(path, what) if what.startswith(".") else ""
        return (re.sub(r"/index$", "", re.sub(r"\.[cm]?[jt]sx?$", "", found)),) if found else ()
    if how == "action":
        return (posixpath.normpath(what),) if what.startswith(".") else ()
    found = beside(path, what) if how != "tf" or what.startswith(".") else ""
    return (found,) if found else ()


def stem(path: str) -> str:
    """A module's path as `names` gives it: without an ending that imports leave out."""
    how = language(path)
    if how == "py":
        return re.sub(r"/__init__$", "", re.sub(r"\.pyi?$", "", path))
    if how == "js":
        return re.sub(r"/index$", "", re.sub(r"\.(?:vue|svelte|[cm]?[jt]sx?)$", "", path))
    if how == "rs":
        return re.sub(r"/(?:mod|lib)$", "", path[:-3])
    if how == "java":
        return path.rpartition(".")[0]
    return path


def teller(how: str, what: str, was: Sequence[str], roots: Sequence[str] = ("",)) -> Callable[[str, Import], bool]:
    """Whether an import, in a file of the language `how` at a path, means a module: as `what`, or by one of the paths
    `was` that it has or had. `roots` are folders that Python's names begin at.
    """
    stems = frozenset(stem(path) for path in was if path)
    if how == "go":
        ends = tuple(f"/{path}" for path in stems)
        return lambda path, one: one.what == what or (bool(ends) and one.what.endswith(ends))
    if how == "py":
        full = stems | {path.removeprefix(f"{root}/") for path in stems for root in roots if root}
        # A name of one word may be the standard library's: only as it is written today.
        full = frozenset(path for path in full if path in stems or "/" in path)
        return lambda path, one: one.what == what or any(name in full for name in names(path, one))
    if how == "rs":
        inner = tuple(path.partition("src/")[2].replace("/", "::") for path in stems if "src/" in path)
        return lambda path, one: one.what == what or any(
            part and f"{one.what}::".startswith(f"crate::{part}::") for part in inner
        )
    if how in ("c", "java", "proto", "jsonnet"):
        ends = tuple(f"/{path}" for path in stems)
        return lambda path, one: (
            one.what == what
            or any(name in stems for name in names(path, one))
            or ("/" in one.what and any(end.endswith(f"/{one.what.removeprefix('<')}") for end in ends))
        )
    return lambda path, one: one.what == what or any(name in stems for name in names(path, one))


@dataclass(slots=True)
class Trees:
    """The harvested trees as imports see them. Places are (origin, path): of a folder in `FOLDERS`, else of a file.

    Fill it with `add` for each tree, then ask `place`.
    """

    files: dict[str, frozenset[str]] = field(default_factory=dict)
    folders: dict[str, frozenset[str]] = field(default_factory=dict)
    go: dict[str, tuple[str, str]] = field(default_factory=dict)
    packages: dict[str, tuple[str, str]] = field(default_factory=dict)
    crates: dict[str, tuple[str, str]] = field(default_factory=dict)
    roots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ends: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    def add(self, origin: str, paths: frozenset[str], manifests: Mapping[str, bytes | None]) -> None:
        """Take in a tree: the paths that count (no vendored copies), and what its manifests say."""
        self.files[origin] = paths
        self.folders[origin] = frozenset(path.rpartition("/")[0] for path in paths)
        self.origins[origin.casefold()] = origin
        roots = {"", "src", "lib"}
        for path, content in sorted(manifests.items()):
            home, _, name = path.rpartition("/")
            text = (content or b"").decode("utf-8", "replace")
            if name == "go.mod" and (found := re.search(r'^module\s+"?([^\s"]+)', text, re.MULTILINE)):
                self.go.setdefault(found[1], (origin, home))
                self.go.setdefault(re.sub(r"/v\d+$", "", found[1]), (origin, home))
            elif name == "Cargo.toml" and (found := re.search(r'^name\s*=\s*"([^"]+)"', text, re.MULTILINE)):
                self.crates.setdefault(found[1].replace("-", "_"), (origin, f"{home}/src".lstrip("/")))
            elif name == "package.json":
                if title := _title(text):
                    self.packages.setdefault(title, (origin, home))
            elif name in ("pyproject.toml", "setup.cfg", "setup.py"):
                roots |= {home, f"{home}/src".lstrip("/"), f"{home}/lib".lstrip("/")}
        python = {path.rpartition("/")[0] for path in paths if path.endswith("/__init__.py")}
        roots |= {home.rpartition("/")[0] for home in python if home.rpartition("/")[0] not in python}
        self.roots[origin] = tuple(sorted(roots))
        ends: dict[str, list[str]] = {}
        for path in sorted(paths):
            if language(path) in ("c", "java", "proto", "jsonnet"):
                ends.setdefault(path.rpartition("/")[2], []).append(path)
        self.ends[origin] = ends

    def place(self, origin: str, path: str, one: Import) -> tuple[str, str] | None:
        """Where in the trees lies what the file at `path` imports; None where that is nowhere or not certain."""
        how, what = language(path), one.what
        if how == "go":
            found = self._longest(self.go, what)
            return found if found and found[1] in self.folders[found[0]] else None
        if how == "py":
            return self._python(origin, path, one)
        if how == "js":
            return self._script(origin, path, what)
        if how == "rs":
            return self._rust(origin, path, what)
        if how == "tf" or (how == "action" and not what.startswith(".")):
            return self._hosted(origin, path, what, how)
        if how == "action":
            near = posixpath.normpath(what)
            return (origin, near) if near in self.folders[origin] or near in self.files[origin] else None
        return self._ending(origin, path, what, how)

    def _longest(self, known: Mapping[str, tuple[str, str]], what: str) -> tuple[str, str] | None:
        """The place below the longest known name that begins `what`."""
        head = what
        while head:
            if head in known:
                origin, home = known[head]
                return origin, f"{home}/{what[len(head) + 1 :]}".strip("/")
            head = head.rpartition("/")[0]
        return None

    def _python(self, origin: str, path: str, one: Import) -> tuple[str, str] | None:
        relative = one.what.startswith(".")
        for here in (origin, *(other for other in sorted(self.files) if other != origin and not relative)):
            for name in names(path, one):
                for root in ("",) if relative else self.roots[here]:
                    base = f"{root}/{name}".strip("/")
                    for ending in (".py", "/__init__.py", ".pyi"):
                        # An empty name of a package stands for nothing that anybody wrote; its modules are asked for first.
                        if f"{base}{ending}" in self.files[here]:
                            return here, f"{base}{ending}"
        return None

    def _script(self, origin: str, path: str, what: str) -> tuple[str, str] | None:
        if what.startswith("."):
            found = (origin, beside(path, what))
        elif (named := self._longest(self.packages, what)) is not None:
            found = named
        else:
            return None
        here, base = found
        bare = re.sub(r"\.[cm]?jsx?$", "", base)
        inner = "" if what.startswith(".") or base != self.packages.get(what, ("", ""))[1] else "/src"
        for start in dict.fromkeys((base, bare)):
            for candidate in (start, *(f"{start}{ending}" for ending in SCRIPTS),
                              *(f"{start}{part}/index{ending}" for part in dict.fromkeys(("", inner)) for ending in SCRIPTS)):
                if candidate.lstrip("/") in self.files[here]:
                    return here, candidate.lstrip("/")
        return None

    def _rust(self, origin: str, path: str, what: str) -> tuple[str, str] | None:
        first, *rest = what.split("::")
        if first == "crate":
            head, cut, _ = path.partition("src/")
            if not cut:
                return None
            here, home = origin, f"{head}src"
        elif first in self.crates:
            here, home = self.crates[first]
        else:
            return None
        for n in range(len(rest), 0, -1):
            base = "/".join((home, *rest[:n]))
            for ending in (".rs", "/mod.rs"):
                if f"{base}{ending}" in self.files[here]:
                    return here, f"{base}{ending}"
        lib = f"{home}/lib.rs"
        return (here, lib) if first != "crate" and lib in self.files[here] else None

    def _hosted(self, origin: str, path: str, what: str, how: str) -> tuple[str, str] | None:
        if how == "tf":
            if what.startswith("."):
                near = beside(path, what)
                return (origin, near) if near in self.folders[origin] else None
            if not (found := HOSTED.match(what)):
                return None
            repo, inner = found["repo"], found["path"].strip("/")
        else:
            parts = what.partition("@")[0].split("/")
            repo, inner = "/".join(parts[:2]), "/".join(parts[2:])
        here = self.origins.get(repo.casefold())
        if here is None or (inner not in self.folders[here] and inner not in self.files[here]):
            return None
        return here, inner

    def _ending(self, origin: str, path: str, what: str, how: str) -> tuple[str, str] | None:
        """A header, class or schema by the end of its path; one that several have, or that a system may have, is none."""
        files, bare = self.files[origin], posixpath.normpath(what.removeprefix("<"))
        if how == "java":
            found = [
                one for ending in ("java", "kt", "scala") for one in self.ends[origin].get(f"{bare.rpartition('/')[2]}.{ending}", ())
                if one.rpartition(".")[0].endswith(f"/{bare}")
            ]
            return (origin, found[0]) if len(found) == 1 and "/" in bare else None
        if not what.startswith("<"):
            home = posixpath.dirname(path)
            while True:
                near = posixpath.normpath(posixpath.join(home, bare))
                if near in files:
                    return origin, near
                if not home:
                    break
                home = posixpath.dirname(home)
        found = [one for one in self.ends[origin].get(bare.rpartition("/")[2], ()) if f"/{one}".endswith(f"/{bare}")]
        if what.startswith("<") or "/" not in bare:
            found = [one for one in found if f"/{one}".endswith(f"/include/{bare}")]
        return (origin, found[0]) if len(found) == 1 else None


def _title(text: str) -> str:
    """The name that a package.json gives itself; empty where it cannot be read."""
    try:
        found = json.loads(text)
    except ValueError:
        return ""
    name = found.get("name") if isinstance(found, dict) else None
    return name if isinstance(name, str) else ""
