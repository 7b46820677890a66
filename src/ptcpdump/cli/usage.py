"""The text of -h and the tables of flags in the README, both made from the one table of flags."""

import textwrap
from collections.abc import Iterator

from ptcpdump.cli.flags import FLAGS, SECTIONS, Flag

SYNOPSIS = "ptcpdump [flags] [expression] [-- command [args]]"
SQL = "ptcpdump sql [--json] QUERY FILE..."
_INDENT = 30
_NARROWEST, _WIDTH = 44, 100


def help_text(columns: int = _WIDTH) -> str:
    """What -h prints behind the versions, with the last line feed, for a terminal of that many columns."""
    width = max(_NARROWEST, min(columns, _WIDTH))
    lines = textwrap.wrap(f"Usage: {SYNOPSIS}", width, subsequent_indent=" " * 9, break_on_hyphens=False)
    lines += textwrap.wrap(SQL, width, initial_indent=" " * 7, subsequent_indent=" " * 9, break_on_hyphens=False)
    for section in SECTIONS:
        lines += ["", f"{section}:"]
        for flag in _of(section):
            lines += _rows(flag, width)
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


def _rows(flag: Flag, width: int) -> list[str]:
    indent = _INDENT if width >= 2 * _INDENT + 20 else _INDENT // 3     # on a narrow terminal below the flag
    text = textwrap.wrap(flag.help, width - indent, break_on_hyphens=False)
    left = textwrap.wrap(flag.shown, width, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)
    beside = len(left) == 1 and len(left[0]) <= indent - 2
    rows = [left[0].ljust(indent) + text.pop(0)] if beside else left
    return rows + [" " * indent + row for row in text]


def _escaped(text: str) -> str:
    return text.replace("|", r"\|")
