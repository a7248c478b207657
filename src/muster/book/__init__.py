"""The owner's side: read and write a folder of Markdown entries, its settings and its journal.

    book = read(find_book())           every entry and claim, what was skipped, what was not understood
    log(book.root, "Agreed the rollout with Payments")
    new(book.root, "decision", "A lease, not a queue", today)
    verify(book.root)                  what is wrong with the journal
"""

from muster.book.choices import choose, label, matches, parse_choices, read_choices, short
from muster.book.claims import attach, claim_of
from muster.book.confidential import read_confidential, read_list
from muster.book.entries import KEYS, NUMBER_KEYS, Parsed, parse_entry, read_entry
from muster.book.folder import Book, read, repository_paths, seal
from muster.book.journal import Record, head, record, records, verify
from muster.book.ladder import parse_ladder, read_ladder
from muster.book.settings import SETTINGS_HELP, Settings, find_book, parse_settings, read_settings
from muster.book.start import Answers, InitReport, detect, init
from muster.book.templates import TEMPLATES, new
from muster.book.weeks import Line, lines, log

__all__ = [
    "KEYS",
    "NUMBER_KEYS",
    "SETTINGS_HELP",
    "TEMPLATES",
    "Answers",
    "Book",
    "InitReport",
    "Line",
    "Parsed",
    "Record",
    "Settings",
    "attach",
    "choose",
    "claim_of",
    "detect",
    "find_book",
    "head",
    "init",
    "label",
    "lines",
    "log",
    "matches",
    "new",
    "parse_choices",
    "parse_entry",
    "parse_ladder",
    "parse_settings",
    "read",
    "read_choices",
    "read_confidential",
    "read_entry",
    "read_ladder",
    "read_list",
    "read_settings",
    "record",
    "records",
    "repository_paths",
    "seal",
    "short",
    "verify",
]
