"""What can be wrong with the surroundings."""

from __future__ import annotations


class MusterError(Exception):
    """Something outside muster that keeps it from running: says where, what was seen, and what to type next.

    A mistake in the book is a `Finding`, not this; anything else is a bug and shows its traceback. `code` is what the
    command line ends with.
    """

    code = 2

    def __init__(self, where: str, seen: str, next_: str) -> None:
        super().__init__(f"{where}: {seen}\n  {next_}")
        self.where, self.seen, self.next = where, seen, next_


class RefusedError(MusterError):
    """A check that stands before what was asked for failed: nothing was written."""

    code = 1
