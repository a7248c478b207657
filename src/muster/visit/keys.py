"""One key at a time from a terminal; a line at a time from anything else that answers."""

from __future__ import annotations

import os
import sys


def key(question: str) -> str:
    """The key that was pressed, in lower case; empty for Enter, and `q` where nobody answers any more.

    Ctrl-C ends the command as everywhere; what was answered before stays written.
    """
    print(question, end=" ", flush=True)
    file = _terminal()
    if file is None:
        try:
            return input().strip()[:1].casefold()
        except EOFError:
            print()
            return "q"
    import termios
    import tty

    before = termios.tcgetattr(file)
    try:
        tty.setcbreak(file, termios.TCSANOW)  # keys that were typed ahead stay
        pressed = os.read(file, 64)  # an arrow key sends several bytes at once: they are one key
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)
    text = pressed.decode("utf-8", "replace")
    if not text or text[0] == "\x04":
        print()
        return "q"
    if text[0] in "\r\n":
        print()
        return ""
    print(text[0] if text[0].isprintable() and len(text) == 1 else "", flush=True)
    return text[0].casefold() if len(text) == 1 else "?"


def answer(question: str) -> str | None:
    """The line that was typed, without blanks around it; None where nobody answers any more."""
    try:
        return input(f"{question} ").strip()
    except EOFError:
        print()
        return None


def _terminal() -> int | None:
    """The descriptor of the terminal that keys come from; None where they come from elsewhere."""
    try:
        import termios
    except ImportError:  # a system without them
        return None
    try:
        file = sys.stdin.fileno()
        termios.tcgetattr(file)
    except (OSError, ValueError, AttributeError, termios.error):
        return None
    return file
