"""Tokens: where they are looked for, and that they are never shown."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from typing import NoReturn

from muster.model import MusterError


class Secret:
    """A token. `repr`, `str`, `format`, `copy` and `pickle` never show it; `reveal` gives it, for a header alone.

    `also` are other forms of it that must not be shown either. ValueError where it is no single word of plain letters.
    """

    __slots__ = ("__forms",)

    def __init__(self, value: str, also: Sequence[str] = ()) -> None:
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError("a token is one word of plain letters")
        # What is shorter than this would be found everywhere.
        self.__forms = (value, *(one for one in (value, *also) if len(one) >= 6))

    def reveal(self) -> str:
        """The token itself."""
        return self.__forms[0]

    def within(self, text: bytes) -> bool:
        """Whether a form of it stands there."""
        return any(one.encode() in text for one in self.__forms[1:])

    def hide(self, text: str) -> str:
        """The text without any form of it, in whatever case."""
        for one in sorted(self.__forms[1:], key=len, reverse=True):
            while (at := text.lower().find(one.lower())) >= 0:
                text = f"{text[:at]}…{text[at + len(one):]}"
        return text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is not copied or kept")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a token is not copied or kept")


def basic(user: str, password: Secret) -> Secret:
    """What stands behind "Basic " for a user and a password."""
    from base64 import b64encode

    return Secret(b64encode(f"{user}:{password.reveal()}".encode()).decode(), (password.reveal(),))


def secret(service: str, host: str, env: Sequence[str], command: Sequence[str] | None = None) -> Secret | None:
    """The token for a service at a host: from the keyring ("muster:SERVICE", HOST), else the first of these environment
    variables that is set, else what a command prints (`gh auth token`). None where there is none.

    Which variables and which command are for that host is the caller's to know. Raises MusterError where what is there
    cannot be a token.
    """
    for place, value in places(service, host, env, command):
        if value := (value or "").strip():
            try:
                return Secret(value)
            except ValueError as error:
                raise MusterError(place, str(error), "Store it anew, without line breaks or quotes around it.") from None
    return None


def places(service: str, host: str, env: Sequence[str], command: Sequence[str] | None) -> Iterator[tuple[str, str | None]]:
    """Where a token can be, and what is there, one after the other."""
    yield f"keyring: muster:{service}, {host}", of_keyring(f"muster:{service}", host)
    for name in env:
        yield name, os.environ.get(name)
    if command:
        yield " ".join(command), of_command(command)


def of_keyring(service: str, user: str) -> str | None:
    """What the system's keyring holds; None where there is no keyring, or it stays closed."""
    try:
        import keyring

        return keyring.get_password(service, user)
    except Exception:  # a keyring's backends raise anything, and a machine without one is nothing special
        return None


def of_command(command: Sequence[str]) -> str | None:
    """What a command prints; None where there is no such command, or it fails."""
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, text=True, check=False, timeout=15)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
