"""How a command's help reads: words named as they are typed, whole sentences, and examples line by line."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """A command whose help names what is typed as it is typed, and shows examples line by line."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] TYPE TITLE`: words in capitals, those that may be left out in brackets."""
        words = [param for param in self.get_params(ctx) if param.param_type_name == "argument"]
        return ["[OPTIONS]", *(word_of(word) if word.required else f"[{word_of(word)}]" for word in words)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """What the words are, then the options."""
        listed: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            name, text = record
            if param.param_type_name == "argument":
                listed["Arguments"].append((word_of(param), text.replace("  [required]", "")))
            else:
                listed["Options"].append((name, text))
        for heading, rows in listed.items():
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples as they stand: a line is a command."""
        if self.epilog:
            write_examples(self.epilog, formatter)

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first sentence, whole."""
        return super().get_short_help_str(max(limit, 400))


class Commands(TyperGroup):
    """All commands, with a first example or two."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples as they stand."""
        if self.epilog:
            write_examples(self.epilog, formatter)


def word_of(param: Any) -> str:
    """How a word of the command line is named in its help."""
    return str(param.metavar or param.name.upper())


def write_examples(text: str, formatter: Any) -> None:
    """Lines of an epilog, each as it is; the formatter would join them."""
    formatter.write_paragraph()
    for line in text.splitlines():
        formatter.write(f"{line}\n" if line else "\n")


def examples(*lines: str) -> str:
    """An epilog of commands to type, one a line; a line that goes on begins with blanks."""
    return "\n".join(["Examples:", *(f"  {line}" for line in lines)])
