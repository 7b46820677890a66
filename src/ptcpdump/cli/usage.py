"""The text of -h and the tables of flags in the README, both made from the one table of flags."""

import textwrap
from collections.abc import Iterator

from ptcpdump.cli.flags import FLAGS, SECTIONS, Flag

SYNOPSIS = "ptcpdump [flags] [expression] [-- command [args]]"
_INDENT = 30
_WIDTH = 100


def help_text() -> str:
    """What -h prints behind the versions, with the last line feed."""
    lines = [f"Usage: {SYNOPSIS}"]
    for section in SECTIONS:
        lines += ["", f"{section}:"]
        for flag in _of(section):
            lines += _rows(flag)
    return "\n".join([*lines, ""])


def markdown() -> str:
    """Tables of flags for the README, with the last line feed."""
    lines = []
    for section in SECTIONS:
        lines += [f"### {section}", "", "| Flag | Meaning |", "|---|---|"]
        lines += [f"| `{_escaped(flag.shown)}` | {_escaped(flag.help)} |" for flag in _of(section)]
        lines.append("")
    return "\n".join(lines)


def _of(section: str) -> Iterator[Flag]:
    return (flag for flag in FLAGS if flag.section == section and not flag.hidden)


def _rows(flag: Flag) -> list[str]:
    text = textwrap.wrap(flag.help, _WIDTH - _INDENT, break_on_hyphens=False)
    left = "  " + flag.shown
    rows = [left] if len(left) > _INDENT - 2 else [left.ljust(_INDENT) + text.pop(0)]
    return rows + [" " * _INDENT + row for row in text]


def _escaped(text: str) -> str:
    return text.replace("|", r"\|")
