"""`muster …` and `python -m muster …`. Logging a line takes a path of its own, which loads next to nothing."""

import sys


def main() -> int:
    """Exit code: 0 fine, 1 findings, 2 could not run."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["log"]:
        from muster import fastlog

        code = fastlog.run(arguments[1:])
        if code is not None:
            leave(code)
    from muster import cli

    return cli.main(arguments)


def leave(code: int) -> None:
    """End at once: everything is on disk and printed, and taking Python down in order would double the time."""
    import os

    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105 - contextlib would have to be loaded
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
