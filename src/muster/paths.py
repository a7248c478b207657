"""What a path is for, told by well-known layouts alone: no file is opened.

>>> kind("pkg/server/main.go"), kind("pkg/server/main_test.go"), kind("vendor/x/y.go"), kind("docs/adr/0001-x.md")
('code', 'test', 'vendored', 'proposal')
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Kinds that do not by themselves make an area of the system: work on them follows other work, or nobody wrote it.
NEUTRAL = frozenset({"test", "doc", "generated", "vendored", "lock", "owners", "config"})

KINDS = ("code", "test", "doc", "proposal", "owners", "config", "generated", "vendored", "lock")

OWNERS = frozenset({"codeowners", "owners", "owners_aliases", "maintainers", "maintainers.md", "security_contacts",
                    "maintainers.txt", "catalog-info.yaml"})
LOCKS = frozenset({"go.sum", "go.work.sum", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml",
                   "cargo.lock", "poetry.lock", "uv.lock", "pdm.lock", "pipfile.lock", "gemfile.lock", "composer.lock",
                   "mix.lock", "flake.lock", "gopkg.lock", "glide.lock", "bun.lockb", "bun.lock", "packages.lock.json",
                   "podfile.lock", "pubspec.lock", ".terraform.lock.hcl", "module.bazel.lock", "deno.lock",
                   "requirements.lock"})
CONFIGS = frozenset({"makefile", "gnumakefile", "dockerfile", "containerfile", "jenkinsfile", "procfile", "vagrantfile",
                     "go.mod", "go.work", "package.json", "pyproject.toml", "setup.cfg", "setup.py", "tox.ini",
                     "cargo.toml", "gemfile", "pipfile", "pom.xml", "build.gradle", "settings.gradle", "build.bazel",
                     "build", "workspace", "module.bazel", "meson.build", "cmakelists.txt", "requirements.txt",
                     "tsconfig.json", "manifest.in", ".mailmap", "conftest.toml", "netlify.toml", "justfile"})
DOCUMENTS = (".md", ".markdown", ".rst", ".adoc", ".asciidoc", ".txt", ".tex", ".org", ".mdx", ".pdf", ".svg", ".png",
             ".jpg", ".jpeg", ".gif", ".drawio", ".webp", ".ipynb")
PROSE = (".md", ".markdown", ".rst", ".adoc", ".asciidoc", ".txt", ".mdx", ".org")
SETTINGS = (".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".editorconfig", ".json", ".jsonnet",
            ".env", ".plist")

VENDORED = re.compile(
    r"(?:^|/)(?:vendor|vendored|third[_-]party|node_modules|bower_components|_vendor|godeps|external/[^/]+/src)/",
    re.IGNORECASE,
)
GENERATED = re.compile(
    r"""(?:\.pb(?:\.gw|\.validate|_test)?\.go|_pb2(?:_grpc)?\.pyi?|\.pb\.(?:cc|h)|\.min\.(?:js|css)|\.(?:js|css)\.map
        |(?:^|[/._-])zz_generated[^/]*|[._]generated\.[a-z0-9.]+|_gen\.go|\.gen\.(?:go|ts|py)|\.designer\.cs
        |_string\.go|bindata\.go|\.snap|\.lock\.hcl\.json)$
        |(?:^|/)(?:dist|generated|__generated__|__snapshots__|__pycache__)/""",
    re.IGNORECASE | re.VERBOSE,
)
TEST = re.compile(
    r"""(?:^|/)(?:tests?|testing|e2e|__tests__|testdata|test-fixtures|fixtures|testfixtures)/
        |(?:^|/)(?:test_[^/]*\.py|[^/]*_test\.[a-z]+|[^/]*_spec\.[a-z]+|[^/]*\.(?:test|spec)\.[a-z]+|conftest\.py
        |[^/]*(?:Test|Tests|Spec|IT)\.(?:java|kt|scala|cs|groovy))$""",
    re.VERBOSE,
)
PROPOSAL = re.compile(
    r"""(?:^|/)(?:keps?|rfcs?|peps?|adrs?|geps?|teps?|neps?|proposals?(?:[_-][a-z]+)?|enhancements?|design-?docs?
        |design[_-]proposals?|decisions?|design|eips?|zeps?|jeps?)/
        |(?:^|/)(?:kep|rfc|pep|adr|gep|eip|zep|jep|proposal)-?\d+[^/]*$""",
    re.IGNORECASE | re.VERBOSE,
)
CHANGELOG = re.compile(
    r"(?:^|/)(?:changelog|changes|history|news|release[_-]?notes)(?:[._-][^/]*)?\.(?:md|markdown|rst|adoc|txt|org|html)$"
    r"|(?:^|/)(?:changelog|changes|history|news|release[_-]?notes)$|(?:^|/)\.?(?:changelogs?|changes|newsfragments)/"
    r"[^/]*(?:/[^/]*)?\.(?:md|rst|txt|ya?ml)$",
    re.IGNORECASE,
)
#: Files that sit in a folder of proposals without being one.
NOT_PROPOSAL = re.compile(r"(?:^|/)(?:_?index|contents|overview|template|_?toc|license|contributing|code_of_conduct)\b[^/]*$", re.IGNORECASE)
DOC_FOLDER = re.compile(r"(?:^|/)(?:docs?|documentation|website|site|man|content/docs|\.changes|changelog)/", re.IGNORECASE)
DOC_NAME = re.compile(
    r"(?:^|/)(?:readme|license|licence|notice|copying|authors|contributors|contributing|code[_-]of[_-]conduct|security"
    r"|governance|roadmap|support|install|adopters|patents|credits|thanks)(?:\.(?:md|markdown|rst|adoc|txt|org|html))?$",
    re.IGNORECASE,
)
TEXT_NEEDS_CODE = re.compile(r"\.(?:go|py|rs|c|cc|cpp|h|hpp|java|kt|scala|rb|js|jsx|ts|tsx|cs|swift|sh|bash|php|pl|ex|exs)$")


@lru_cache(maxsize=1 << 18)
def kind(path: str) -> str:
    """What the path is for: one of KINDS.

    The first that fits wins: vendored, lock, owners, generated, proposal, test, changelog and other documents,
    settings, code. A proposal is prose (or a KEP's `kep.yaml`) in a KEP, RFC, PEP, ADR or design layout. Everything
    that no layout knows is code. Source of the method: the layouts of public repositories; nothing is learnt.
    """
    name = path.rsplit("/", 1)[-1]
    low = name.lower()
    if VENDORED.search(path):
        return "vendored"
    if low in LOCKS:
        return "lock"
    if low in OWNERS:
        return "owners"
    if GENERATED.search(path):
        return "generated"
    prose = low.endswith(PROSE)
    if (low == "kep.yaml" and "template" not in path and not TEST.search(path)) or (low == "metadata.yaml" and has_number(path) and PROPOSAL.search(path)) or (
        prose and PROPOSAL.search(path) and not TEST.search(path)
        and not (NOT_PROPOSAL.search(path) and not (low.startswith("index.") and has_number(path)))
        and not (low.startswith("readme.") and not has_number(path))
    ):
        return "proposal"
    if TEST.search(path):
        return "test"
    if CHANGELOG.search(path) or DOC_NAME.search(path) or low.endswith(DOCUMENTS):
        return "doc"
    if low in CONFIGS or low.startswith((".", "dockerfile.")) or low.endswith(SETTINGS) or "/." in f"/{path}":
        return "config"
    if DOC_FOLDER.search(path) and not TEXT_NEEDS_CODE.search(low):
        return "doc"
    return "code"


def has_number(path: str) -> bool:
    """Whether the folder that holds the path is a numbered proposal's, as in `keps/sig-node/1287-resize/README.md`."""
    return re.search(r"\d", path.rsplit("/", 2)[-2]) is not None if "/" in path else False
