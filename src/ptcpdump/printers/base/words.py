"""Words for numbers, as tcpdump writes them: tables with a fallback, and sets of flags."""

from collections.abc import Mapping
from datetime import UTC, datetime


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


def span(value: int) -> str:
    """A span of seconds in tcpdump's form: 1w2d3h4m5s, without what is zero; "0s" for none."""
    if not value:
        return "0s"
    text = ""
    for size, unit in ((604800, "w"), (86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        count, value = divmod(value, size)
        text += f"{count}{unit}" if count else ""
    return text


NTP_TO_UNIX = 2208988800  # seconds from 1900 to 1970 (RFC 5905)


def ntp_time(value: int) -> str:
    """A 64-bit NTP timestamp: seconds with nine decimals, and the date in UTC unless it is zero."""
    whole, fraction = value >> 32, value & 0xFFFFFFFF
    text = f"{whole}.{int(fraction * 1_000_000_000 / 4294967296):09}"
    if not whole:
        return text
    # RFC 4330, section 3: without the top bit it is a time of the next era, from 2036 on
    since = whole - NTP_TO_UNIX if whole & 0x80000000 else whole + (1 << 32) - NTP_TO_UNIX
    return f"{text} ({datetime.fromtimestamp(since, UTC):%Y-%m-%dT%H:%M:%SZ})"
