"""Mail in files: where a message begins and ends, whose words it has, and what its dates are worth."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from muster.model import Account, Evidence, Grade, Participant, Role, Skipped
from muster.sources import Gathered, gather
from muster.sources._mail_boxes import spans
from muster.sources._mail_read import LARGEST, Letter, addresses, pieces
from muster.sources._mail_text import of_html, own_words
from tests.sources.mail import FILES, LETTER, LIST


def lay(root: Path, files: dict[str, bytes]) -> Path:
    for name, body in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(body)
    return root


def gathered(root: Path, files: dict[str, bytes], *paths: str) -> Gathered:
    return gather("mail", {"paths": list(paths or ("keep/mail",))}, lay(root, files))


def read(body: bytes, **more: object) -> Evidence:
    made = [piece for piece in pieces(Letter(body, "keep/mail", Grade.KEPT, **more)) if isinstance(piece, Evidence)]  # type: ignore[arg-type]
    return made[0]


def letter(head: str, text: str = "Hello", charset: str = "utf-8") -> bytes:
    return (f"From: Ann Arbor <ann@example.org>\nDate: Mon, 2 Mar 2026 09:00:00 +0100\nMessage-ID: <x@example.org>\n{head}"
            f"Content-Type: text/plain; charset={charset}\n\n{text}\n").encode(charset)


# What a letter comes to


def test_a_letter(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"keep/mail/a.eml": LETTER})
    assert found.evidence == (Evidence(
        id="mail:two@mail.example.org", source="mail", kind="message", origin="mail", ref="two@mail.example.org",
        title="Re: The deploy lock", actor="bob@example.org", happened_at=datetime(2026, 3, 2, 8, 0, 3, tzinfo=UTC),
        recorded_at=datetime(2026, 3, 2, 8, 0, 7, tzinfo=UTC), grade=Grade.KEPT, text="It is gone since Friday, and payments no longer waits.",
        participants=(
            Participant("bob@example.org", Role.AUTHOR), Participant("ann@example.org", Role.RECIPIENT), Participant("cyd@example.org", Role.RECIPIENT),
        ),
        about="mail:one@mail.example.org",
        facts=(("answers", "mail:one@mail.example.org"), ("thread", "one@mail.example.org"), ("channel", "keep/mail"), ("attachment", "waits.pdf"),
               ("left-out", "signature"), ("left-out", "quoted")),
    ),)
    assert found.accounts == (Account("bob@example.org", "Bob Brünk", "bob@example.org"), Account("ann@example.org", "Arbor, Ann", "ann@example.org"))
    assert not found.skipped


def test_a_folder_of_everything(tmp_path: Path) -> None:
    found = gathered(tmp_path, dict(FILES))
    by_id = {piece.id: piece for piece in found.evidence}
    assert len(by_id) == 5 and not found.skipped
    one, three = by_id["mail:one@mail.example.org"], by_id["mail:three@mail.example.org"]
    assert one.text == "Does the lock still hold you up?\n\nFrom Monday on it should be gone."
    assert one.fact("channel") == "deploy.lists.example.org" and one.fact("by-habit") is None, "what a person writes to a list is theirs"
    assert three.text == "Planning at ten" and three.fact("by-habit") == "yes"
    assert by_id["mail:four@mail.example.org"].fact("channel") == "keep/mail/box"
    assert {account.id: account.bot for account in found.accounts}["noreply@example.org"]
    nameless = next(id_ for id_ in by_id if "sha256" in id_)
    assert nameless in {piece.id for piece in gathered(tmp_path, dict(FILES)).evidence}, "the same bytes, the same id"


def test_the_same_message_twice_is_one(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"keep/mail/a.eml": LETTER, "keep/mail/b.mbox": b"From x@example.org Mon Mar  2 09:00:00 2026\n" + LETTER + b"\n"})
    assert len(found.evidence) == 1


def test_what_is_taken_and_what_is_counted(tmp_path: Path) -> None:
    files = {
        "keep/mail/notes.txt": b"no mail", "keep/mail/list": LIST, "keep/mail/.index": b"x", "keep/mail/empty.eml": b"", "keep/mail/none.eml": b"Subject: x\n\nx\n",
        "keep/mail/huge.eml": b"From: ann@example.org\n\n" + b"x" * LARGEST, "elsewhere/a.eml": LETTER,
    }
    found = gathered(tmp_path / "book", files, "keep/mail", "keep/nothing", "../outside/*.eml")
    assert [piece.ref for piece in found.evidence] == ["one@mail.example.org", "three@mail.example.org"]
    assert Counter(skipped.reason for skipped in found.skipped) == {
        "no message: it has no head": 1, "no sender's address": 1, "files that are neither .eml nor mbox": 1, f"larger than {LARGEST >> 20} MB": 1,
        "there is no such file or folder": 2,
    }
    lay(tmp_path, {"outside/a.eml": LETTER})
    found = gather("mail", {"paths": ["../outside/*.eml", "keep/*/list"]}, tmp_path / "book")
    assert [piece.grade for piece in found.evidence] == [Grade.SAID, Grade.KEPT, Grade.KEPT], "what is outside of the book is not kept in it"


# Where a message begins


def split(data: bytes) -> list[bytes]:
    return [data[start:end] for start, end in spans(data)]


MAIL = b"From: ann@example.org\nMessage-ID: <%d@example.org>\n%s\n%s\n"


def mbox(*bodies: tuple[bytes, bytes]) -> bytes:
    return b"".join(b"From ann@example.org Mon Mar  2 09:00:00 2026\n" + MAIL % (number, head, body) + b"\n" for number, (head, body) in enumerate(bodies))


@pytest.mark.parametrize(("first", "head"), [
    (b"From here on it gets easier.\n\nFrom: there too", b""),
    (b"x\n\nFrom the start: a field\nof nothing", b""),
    (b"x\n\nFrom Monday 10:00 in 2026 on we\ndeploy: twice", b""),
    (b"x\n\nFrom 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\nFrom: Ann <ann@example.org>\nSubject: [PATCH] x\n\ndiff", b""),
    (b"--cut\nContent-Type: message/rfc822\n\nFrom bob@example.org Mon Mar  2 08:00:00 2026\nFrom: bob@example.org\n\nHi\n--cut--", b"Content-Type: multipart/mixed; boundary=cut\n"),
    (b"--cut\n\nFrom bob@example.org Mon Mar  2 08:00:00 2026\nFrom: bob@example.org\n\nHi\n--cut--", b'Content-Type: multipart/mixed;\n boundary="cut"\n'),
    (b"one\n\nFrom bob@example.org Mon Mar  2 08:00:00 2026\nFrom: bob@example.org\n\nquoted whole", b"Content-Length: 90\n"),
], ids=["sentence", "field", "no date", "patch", "part", "quoted boundary", "length"])  # fmt: skip
def test_what_only_looks_like_a_beginning(first: bytes, head: bytes) -> None:
    if head.startswith(b"Content-Length"):
        head = b"Content-Length: %d\n" % (len(first) + 1)
    found = split(mbox((head, first), (b"", b"second")))
    assert len(found) == 2, found
    assert first in found[0] and found[1].endswith(b"second\n")


def test_beginnings_of_every_sort() -> None:
    for line in (b"From ann@example.org Mon Mar  2 09:00:00 2026", b"From ann at example.org  Mon Mar  2 09:00:00 2026", b"From - Mon Mar 02 09:00:00 2026",
                 b"From 1690000000000000@xxx Mon Mar 02 09:00:00 +0000 2026", b"From mboxrd@z Thu Jan  1 00:00:00 1970", b"From MAILER-DAEMON 2026-03-02T09:00:00Z"):
        for end in (b"\n", b"\r\n"):
            data = (line + end + (MAIL % (1, b"", b"one")).replace(b"\n", end) + end) * 3
            assert len(split(data)) == 3, (line, end)
    patches = b"From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n" + MAIL % (1, b"", b"diff") + b"\n"
    assert len(split(patches * 2)) == 2
    assert split(mbox((b"Content-Length: 3\n", b"one"), (b"Content-Length: 99999\n", b"two"), (b"", b"three")))[1].endswith(b"two\n")


def test_a_mangled_from_and_the_bytes_as_they_are(tmp_path: Path) -> None:
    body = b">From afar\n>>From further\n\n> From an answer"
    data = mbox((b"", body))
    assert body in split(data)[0], "the bytes stay as they are: signatures are over them"
    found = gathered(tmp_path, {"keep/mail/a.mbox": data})
    assert found.evidence[0].text == "From afar"
    assert read(letter("", "Own\n>From afar")).text == "Own", "in a letter that was never in an mbox it is a quotation"


# Whose words


@pytest.mark.parametrize(("text", "own", "left"), [
    ("Yes.\n\nOn Mon, 2 Mar 2026 at 09:00, Ann Arbor <ann@example.org>\nwrote:\n\n> Is it?\n> Really?", "Yes.", {"quoted"}),
    ("> Is it?\n\nYes.\n\n> Really?\n\nReally.", "Yes.\n\nReally.", {"quoted"}),
    ("Am 02.03.26 um 09:00 schrieb Ann Arbor:\n> Geht es?\n\nJa.", "Ja.", {"quoted"}),
    ("Yes.\n\n-----Original Message-----\nFrom: Ann\nSent: Monday\n\nIs it?", "Yes.", {"quoted"}),
    ("Yes.\n\nFrom: Ann Arbor <ann@example.org>\nSent: Monday, 2 March 2026 09:00\nTo: Bob\nSubject: It\n\nIs it?", "Yes.", {"quoted"}),
    ("Yes.\n\n________________________________\nVon: Ann\nGesendet: Montag\n\nIst es?", "Yes.", {"quoted"}),
    ("See below.\n\n---------- Forwarded message ---------\nFrom: Ann\n\nIt is.", "See below.", {"forwarded"}),
    ("See below.\n\nBegin forwarded message:\n\nIt is.", "See below.", {"forwarded"}),
    ("Yes.\n-- \nAnn\nExample Ltd", "Yes.", {"signature"}),
    ("Yes.\n\n_______________________________________________\ndev mailing list\ndev@lists.example.org", "Yes.", {"signature"}),
    ("A table:\n\n--\n1\n--\n\n" + "more\n" * 30, "A table:\n\n--\n1\n--\n\n" + "more\n" * 29 + "more", set()),
    ("On the whole:\n\n1. it holds", "On the whole:\n\n1. it holds", set()),
    ("From: is a field\nthat I explain here", "From: is a field\nthat I explain here", set()),
    ("---\n a.py | 2 +-\n\ndiff --git a/a.py b/a.py\n-x\n+y", "---\n a.py | 2 +-\n\ndiff --git a/a.py b/a.py\n-x\n+y", set()),
    ("> all of it", "", {"quoted"}),
    ("word " * 5000, ("word " * 5000)[:20_000].strip(), {"long"}),
])  # fmt: skip
def test_own_words(text: str, own: str, left: set[str]) -> None:
    found, cut = own_words(text)
    assert found.strip() == own and set(cut) == left


def test_html() -> None:
    text, cut = of_html(
        "<head><title>no</title><style>p {}</style></head><div>One &amp; <b>two</b></div><p>three<br>four</p><script>evil()</script>"
        '<div class="gmail_quote"><div>On Monday Ann wrote:<blockquote>Is it?</blockquote></div></div><div>five</div>'
    )
    assert [line for line in text.split("\n") if line.strip()] == ["One & two", "three", "four", "five"] and cut
    assert of_html("<p>a &lt;script&gt; b</p>")[0].strip() == "a <script> b"
    with pytest.raises(ValueError, match="elements"):
        of_html("<p>" * 30_000)


def test_the_plain_part_comes_first_and_html_where_it_says_nothing() -> None:
    body = b"From: ann@example.org\nContent-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/plain\n\n%s\n--x\nContent-Type: text/html\n\n<p>rich</p>\n--x--\n"
    assert read(body % b"plain").text == "plain"
    assert read(body % b" ").text == "rich"


def test_charsets() -> None:
    assert read(letter("Subject: =?iso-8859-1?q?Gr=FC=DFe?= =?utf-8?b?4oKs?=\n", "Grüße", "iso-8859-1")).text == "Grüße"
    assert read(letter("Subject: =?iso-8859-1?q?Gr=FC=DFe?= =?utf-8?b?4oKs?=\n")).title == "Grüße€"
    for named in ("x-unknown", "idna", "punycode", "unicode_escape", "zip", "rot13", "utf-7", "\x00", "'"):
        made = read(letter("", "Grüße").replace(b"charset=utf-8", b"charset=" + named.encode()))
        assert made.text == "Grüße", named
    assert read(letter("", "Grüße").replace("ü".encode(), b"\xfc")).text.startswith("Gr")


# Who, when, and how far that can be trusted


def test_addresses_of_every_sort() -> None:
    assert addresses("Ann Arbor <Ann@Example.org>, \"Brink, Bob\" <bob@example.org>, cyd@example.org") == (
        ("Ann Arbor", "ann@example.org"), ("Brink, Bob", "bob@example.org"), ("", "cyd@example.org"))
    assert addresses("ann at example.org (Ann Arbor)") == addresses("ann@example.org (Ann Arbor)") == (("Ann Arbor", "ann@example.org"),)
    assert addresses("Ann Arbor ann@example.org") == (("Ann Arbor", "ann@example.org"),)
    assert addresses("Team: a@example.org, b@example.org;, undisclosed-recipients:;") == (("", "a@example.org"), ("", "b@example.org"))
    assert addresses("nobody") == addresses("") == addresses("<>") == addresses("a@b@c") == ()


def test_who_stands_behind_a_list() -> None:
    head = "List-Id: <dev.example.org>\nTo: dev@example.org\nReply-To: bob@example.org\n"
    made = read(letter(head).replace(b"Ann Arbor <ann@example.org>", b"\"'Bob Brink' via dev\" <dev@example.org>"))
    assert made.actor == "bob@example.org"
    assert read(letter(head)).actor == "ann@example.org", "who only wants answers elsewhere is still who wrote"


@pytest.mark.parametrize(("head", "habit"), [
    ("Auto-Submitted: auto-replied\n", True), ("Auto-Submitted: no\n", False), ("Precedence: bulk\n", True), ("Precedence: bulk\nList-Id: <dev.example.org>\n", False),
    ("Precedence: list\nList-Id: <dev.example.org>\nList-Unsubscribe: <mailto:x@example.org>\n", False), ("List-Unsubscribe: <mailto:x@example.org>\n", True),
    ("Return-Path: <>\n", True), ("X-GitHub-Reason: mention\n", True), ("", False),
])  # fmt: skip
def test_what_programs_send(head: str, habit: bool) -> None:
    assert (read(letter(head)).fact("by-habit") == "yes") is habit


@pytest.mark.parametrize(("date", "received", "doubt"), [
    ("Mon, 2 Mar 2026 09:00:00 +0100", "Mon, 2 Mar 2026 09:00:30 +0100", None),
    ("Mon, 2 Mar 2026 09:00:00 +0100", "Mon, 2 Mar 2026 09:00:00 -0000", None),
    ("Mon, 2 Mar 2026 09:00:00 +0100", "Mon, 9 Mar 2026 09:00:00 +0100", "its own date is 7 days earlier than that of the server"),
    ("Mon, 2 Mar 2026 12:00:00 +0100", "Mon, 2 Mar 2026 09:00:00 +0100", "its own date is 3 hours later than that of the server"),
    ("yesterday", "Mon, 2 Mar 2026 09:00:00 +0100", None), ("Mon, 2 Mar 2026 09:00:00 +0100", "tomorrow", None),
])  # fmt: skip
def test_two_clocks(date: str, received: str, doubt: str | None) -> None:
    made = read(letter(f"Received: from a by b; {received}\nReceived: from b by c; Thu, 1 Jan 2015 00:00:00 +0000\n").replace(
        b"Mon, 2 Mar 2026 09:00:00 +0100\nMessage-ID", date.encode() + b"\nMessage-ID"))
    assert made.fact("doubt") == doubt
    assert (made.happened_at is None) == (date == "yesterday")
    assert made.recorded_at is None or made.recorded_at.year == 2026, "the topmost line is that of the last server"


def test_where_an_archive_holds_it() -> None:
    assert read(letter("Archived-At: <https://lists.example.org/1>\n")).url == "https://lists.example.org/1"
    assert read(letter("Archived-At: <javascript:alert(1)>\n")).url is None


def test_an_invitation_is_left_to_the_calendar() -> None:
    body = (b"From: bob@example.org\nSubject: Accepted: Deploys\nContent-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/plain\n\nI will come\n"
            b"--x\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n--x--\n")
    assert read(body).fact("by-habit") == "yes"


def test_paths_that_are_odd(tmp_path: Path) -> None:
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep" / "loop").symlink_to("loop")
    found = gather("mail", {"paths": ["keep/loop", "keep/**/*.eml", ""]}, tmp_path)
    assert not found.evidence and all(isinstance(one, Skipped) for one in found.skipped)
