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


def signed(value: int, bits: int = 32) -> int:
    """A number read as unsigned, as two's complement of that many bits."""
    return value - (1 << bits) if value >> bits - 1 else value


def hex_bytes(data: bytes) -> str:
    """Lower-case hexadecimal digits, nothing between the bytes."""
    return data.hex()


def seconds(value: int) -> str:
    """Seconds as tcpdump writes a span of time: 1w2d3h4m5s or hh:mm:ss below a day."""
    days, rest = divmod(value, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, secs = divmod(rest, 60)
    weeks, days = divmod(days, 7)
    text = (f"{weeks}w" if weeks else "") + (f"{days}d" if days else "")
    return f"{text}{hours:02}:{minutes:02}:{secs:02}"
