"""How often the language rules would speak up about plain engineering prose: findings per thousand sentences.

    python benchmarks/language.py REPOSITORY[:FOLDER]...            the table
    python benchmarks/language.py --show 20 REPOSITORY[:FOLDER]...  and that many random places for each look

Reads every .md and .rst file of the last commit below the folder (bare repositories too). Design documents claim nothing,
so that whatever is found in them is a false alarm or a document that praises itself: both count here. Each look is asked
where its rule asks it: word by word for praise, hedges and "led", and of the whole text below a heading for "we" and the
passive, as if that were what somebody says they did. A rule asks for more than its look (a record behind the claim that
says otherwise), so its own rate is lower still. The goal: fewer than one in a thousand sentences for each.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from muster.book import read_entry
from muster.model import MusterError
from muster.rules.c208_overclaimed import lead
from muster.rules.prose import passages, sentences, unquoted
from muster.rules.v305_puffery import found_in
from muster.rules.wording import group_in, hedges, nobody_in

LOOKS = ("V305 praise", "V305 hedge", "C208 led", "C208 we alone", "C208 nobody did it")
#: A section is put together as a beat would be: more sentences than this are no beat.
BEAT = 8


def documents(repository: Path, folder: str) -> Iterator[tuple[str, str]]:
    """(path, text) of each document of the last commit."""
    git = ["git", "-C", str(repository)]
    rows = subprocess.run([*git, "ls-tree", "-r", "-z", "HEAD", "--", *([folder] if folder else [])], capture_output=True, check=True).stdout
    wanted = []
    for row in rows.decode("utf-8", "replace").split("\0"):
        head, _, path = row.partition("\t")
        if path.endswith((".md", ".rst")):
            wanted.append((head.split()[2], path))
    done = subprocess.run([*git, "cat-file", "--batch"], input="\n".join(id_ for id_, _ in wanted).encode(), capture_output=True, check=True)
    out, at = done.stdout, 0
    for _, path in wanted:
        end = out.index(b"\n", at)
        size = int(out[at:end].split()[2])
        yield path, out[end + 1 : end + 1 + size].decode("utf-8", "replace")
        at = end + 2 + size


def plain(path: str, text: str) -> str:
    """A document as Markdown: of reStructuredText only what a Markdown reader would take for prose is changed."""
    if not path.endswith(".rst"):
        return text
    text = re.sub(r"(?m)^(.+)\n([=\-~^\"'`*+#])\2{2,}[ \t]*$", r"\n## \1\n", text)
    text = re.sub(r"(?m)^\.\. .*(?:\n(?:[ \t]+.*)?)*", "\n", text)
    text = re.sub(r"(?m)::[ \t]*\n((?:[ \t]*\n)*(?:[ \t]+.*\n(?:[ \t]*\n)*)+)", ":\n\n", text)
    return re.sub(r"(?m)^:?[A-Z][\w-]*:.*(?:\n[ \t]+.*)*$", "", text)


def read(path: str, text: str, seen: set[tuple[str, ...]]) -> tuple[int, dict[str, list[str]]]:
    """How many sentences a document has, and what each look finds in it; `seen` are sections that were looked at before."""
    try:
        entry = read_entry(re.sub(r"\.rst$", ".md", path), plain(path, text))
    except MusterError:
        return 0, {}
    found: dict[str, list[str]] = defaultdict(list)
    number = 0
    sections: dict[int, list[str]] = {}
    place, heading = 0, ""
    for passage in passages(entry):
        lines = sentences(passage.text)
        number += len(lines)
        if passage.heading != heading:
            place, heading = place + 1, passage.heading
        sections.setdefault(place, []).extend(lines)
        for line in lines:
            found["V305 praise"] += [f"{word}: {line}" for _, word in found_in(line)]
            found["V305 hedge"] += [f"{word}: {line}" for _, word in hedges(line)]
            if led := lead(unquoted(line)):
                found["C208 led"].append(f"{led[1]}: {line}")
    for beat in sections.values():
        # A licence's or template's words stand in every document, and count once.
        if len(beat) <= BEAT and (said := tuple(beat)) not in seen:
            seen.add(said)
            found["C208 we alone"] += [" ".join(beat)] if group_in(beat) else []
            found["C208 nobody did it"] += [" ".join(beat)] if nobody_in(beat) else []
    return number, found


def main() -> None:
    """Print the table, and places."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY[:FOLDER]")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="also N random places for each look")
    parser.add_argument("--words", action="store_true", help="also how often each word was it")
    given = parser.parse_args()
    total: Counter[str] = Counter()
    kept: dict[str, list[str]] = defaultdict(list)
    seen: set[tuple[str, ...]] = set()
    print(f"{'':<28}{'documents':>10}{'sentences':>11}" + "".join(f"{look:>20}" for look in LOOKS))
    for typed in given.repositories:
        repository, _, folder = typed.partition(":")
        counts: Counter[str] = Counter()
        for path, text in documents(Path(repository), folder):
            number, found = read(path, text, seen)
            counts["documents"] += 1
            counts["sentences"] += number
            for look, places in found.items():
                counts[look] += len(places)
                kept[look] += [f"{path}: {place}" for place in places]
        total.update(counts)
        parts = Path(repository).parts
        print(row(folder or (parts[-2] if parts[-1] == "repo" else parts[-1]), counts))
    print(row("all, per 1,000 sentences", total))
    for look in LOOKS:
        if given.words:
            said = Counter(place.split(": ", 2)[1].casefold() for place in kept[look] if look[5:] in ("praise", "hedge", "led"))
            print(f"\n{look}: {', '.join(f'{word} {n}' for word, n in said.most_common(40))}")
        if given.show:
            print(f"\n{look}")
            for place in random.Random(1).sample(kept[look], min(given.show, len(kept[look]))):
                print(f"  {place[:260]}")


def row(name: str, counts: Counter[str]) -> str:
    """A line of the table: counts, and how many in a thousand sentences they are."""
    whole = max(1, counts["sentences"])
    cells = "".join(f"{f'{counts[look]:,}  {1000 * counts[look] / whole:.2f}':>20}" for look in LOOKS)
    return f"{name:<28}{counts['documents']:>10,}{counts['sentences']:>11,}{cells}"


if __name__ == "__main__":
    main()
