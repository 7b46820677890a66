"""Words for numbers, as tcpdump writes them: tables with a fallback, and sets of flags."""

from collections.abc import Mapping


def named(table: Mapping[int, str], value: int, unknown: str = "#{}") -> str:
    """The name of a value; `unknown` is a format for those without one."""
    return table[value] if value in table else unknown.format(value)


def flag_names(
    table: Mapping[int, str], value: int, none: str = "none", separator: str = ", "
) -> str:
    """The names of the bits (or groups of bits) that are set, in the table's order."""
    names = [name for bits, name in table.items() if bits and value & bits == bits]
    return separator.join(names) if names else none.format(value)


def span(value: int) -> str:
    """A span of seconds in tcpdump's form: 1w2d3h4m5s, without what is zero; "0s" for none."""
    if not value:
        return "0s"
    text = ""
    for size, unit in ((604800, "w"), (86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        count, value = divmod(value, size)
        text += f"{count}{unit}" if count else ""
    return text
