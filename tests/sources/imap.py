"""Answers to FETCH as Dovecot gives them."""

from tests.sources.mail import LETTER

SETTINGS = {"host": "imap.example.org", "user": "ann", "folders": ["INBOX", "Sent"]}


def answer(number: int, stamp: str, letter: bytes) -> bytes:
    """What a server says for one message."""
    return b'%d (UID %d INTERNALDATE "%s" BODY[] {%d}\r\n%s)' % (number, number, stamp.encode(), len(letter), letter)


RAWS = (
    ("INBOX/1772000000/0000000007", "message", answer(7, "02-Mar-2026 09:00:08 +0100", LETTER)),
    ("Sent/1772000001/0000000001", "message", answer(1, " 1-Mar-2026 18:00:00 +0100", LETTER.replace(b"<two@", b"<five@"))),
)
