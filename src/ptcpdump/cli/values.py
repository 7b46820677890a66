"""Converters from the text of one flag to its value.

Each raises ValueError with what is allowed; the grammar adds which flag and value it was about.
"""

import pwd
from collections.abc import Callable, Iterable

from ptcpdump.lazy import lazy_modules
from ptcpdump.printers.base.registry import TYPES
from ptcpdump.tls.kinds import ENVIRONMENT, KINDS

with lazy_modules:
    import re
    import socket

    from ptcpdump.printers.base import core, families

SIZE_UNITS = {"": 10**6, "k": 2**10, "m": 2**20, "g": 2**30}
DURATION_UNITS = {"": 1.0, "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
INT64_MAX = 2**63 - 1
SNAPLEN_MAX = 262144
LEAST_KEPT = 65536      # bytes
_BLANKS = " \t\r\n"     # not str.strip()'s, among which are characters that names of devices and processes may hold


def text(value: str) -> str:
    """Any text but none."""
    if not value:
        raise ValueError("it must not be empty")
    return value


def parts(value: str) -> list[str]:
    r"""The parts of a list with commas between them, without blanks around them and without empty ones.

    Names may hold commas: written as \,.
    """
    return [part for part in _between_commas(value) if part]


def _between_commas(value: str) -> list[str]:
    words = value.split(",") if "\\," not in value else re.split(r"(?<!\\),", value)
    return [word.replace("\\,", ",").strip(_BLANKS) for word in words]


def interface_names(value: str) -> list[str]:
    """The same, or as a whole the name of an interface that is there; empty ones are refused."""
    if "," not in value:
        return parts(value)
    try:
        socket.if_nametoindex(value)
    except OSError:
        found = _between_commas(value)
        if "" in found:
            raise ValueError(f"name {found.index('') + 1} of {len(found)} is empty; a comma in a name is written as "
                             "\\,") from None
        return found
    return [value]


def number(low: int, high: int) -> Callable[[str], int]:
    """Return a converter for decimal numbers from low to high."""

    def convert(value: str) -> int:
        if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
            raise ValueError(f"must be a number from {low} to {high}")
        return int(value)

    return convert


def listed(words: Iterable[str]) -> str:
    """Return words as people enumerate them: "a, b or c"."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


class Choice:
    """A converter for one of some words, in any case of letters."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed

    def __call__(self, value: str) -> str:  # noqa: D102  as all converters
        if value.lower() not in self.allowed:
            raise ValueError("must be one of " + ", ".join(self.allowed))
        return value.lower()


def choice(*allowed: str) -> Choice:
    """Return a converter for one of the words allowed."""
    return Choice(allowed)


def tls_kinds(value: str) -> tuple[str, ...]:
    """Kinds of programs whose TLS keys are taken: auto, off, or a list."""
    if value == "off":
        return ()
    chosen, every = set(parts(value)), (*KINDS, ENVIRONMENT)
    if "auto" in chosen and chosen <= {"auto", ENVIRONMENT}:
        chosen = {*KINDS, *chosen} - {"auto"}
    if not chosen or not chosen <= set(every):
        raise ValueError(f"must be auto, off, or some of {listed(every)} with commas between them; "
                         f"auto,{ENVIRONMENT} are all of these")
    return tuple(kind for kind in every if kind in chosen)


def snapshot_length(value: str) -> int:
    """Bytes of a packet to keep, as C writes numbers; 0 is the default."""
    try:
        octal = re.fullmatch(r"0[0-7]+", value)
        length = int(value, 8 if octal else 0)
    except ValueError:
        length = -1
    if not 0 <= length <= SNAPLEN_MAX:
        raise ValueError(f"must be a number from 0 to {SNAPLEN_MAX}; 0 means {SNAPLEN_MAX}")
    return length or SNAPLEN_MAX


def file_size(value: str) -> int:
    """Bytes: millions, or with k, m, g (kb, mb, gb) in units of 1024, 1024² and 1024³."""
    match = re.fullmatch(r"([0-9]+)(?:([kmg])b?)?", value.lower())
    size = int(match[1]) * SIZE_UNITS[match[2] or ""] if match else 0
    if not 0 < size <= INT64_MAX:
        raise ValueError("must be a number above 0 of millions of bytes, or of KiB, MiB, GiB with the suffix k, m, g")
    return size


def duration(value: str) -> float:
    """Seconds from a number with units, for instance 3, 1.5s, 200ms or 1m30s."""
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h|)", value)
    if not parts or "".join(n + unit for n, unit in parts) != value:
        raise ValueError("must be a duration such as 3s, 200ms or 1m30s")
    return sum(float(n) * DURATION_UNITS[unit] for n, unit in parts)


def keep(value: str) -> tuple[float, int]:
    """How much a recorder keeps: seconds, bytes of memory, or both with a comma between them; 0: not given."""
    seconds, size = 0.0, 0
    for part in parts(value):
        match = re.fullmatch(r"([0-9]+)([kmg]?)(i?)b", part.lower())
        try:
            if match and not size:
                size = int(match[1]) * (1024 if match[3] else 1000) ** ("kmg".find(match[2] or " ") + 1)
            elif not match and not seconds:
                seconds = duration(part)
            else:
                raise ValueError
        except ValueError:
            seconds = size = 0
            break
    if not (seconds or size) or 0 < size < LEAST_KEPT or size > INT64_MAX or seconds > 10**9:
        raise ValueError("must be a duration such as 30s, a size such as 64MiB (at least 64KiB), or both with a comma "
                         "between them")
    return seconds, size


def user_id(value: str) -> int:
    """A user id, or the name of a user of this host."""
    if value.isascii() and value.isdigit():
        uid = int(value)
        if uid < 2**32 - 1:
            return uid
        raise ValueError(f"a user id is at most {2**32 - 2}")
    try:
        return pwd.getpwnam(value).pw_uid
    except KeyError:
        raise ValueError("there is no user of that name on this host") from None


def pod_name(value: str) -> tuple[str, str]:
    """Split NAME[.NAMESPACE] at the last dot, so that names with dots work; without one the namespace is "default"."""
    name, dot, namespace = value.rpartition(".")
    if not dot:
        return value, "default"
    if not name or not namespace:
        raise ValueError("must be NAME or NAME.NAMESPACE")
    return name, namespace


def user_name(value: str) -> str:
    """Name of a user of this host."""
    try:
        return pwd.getpwnam(value).pw_name
    except KeyError:
        raise ValueError("there is no user of that name on this host") from None


def time_stamp_type(value: str) -> str:
    """The one clock that there is."""
    if value.lower() != "host":
        raise ValueError("must be host: packets get their time stamp from the clock of the kernel")
    return "host"


def socket_address(value: str) -> str:
    """Path of a Unix socket, or a unix://, tcp://, http:// or https:// URL."""
    if not re.match(r"/|(unix|tcp|https?)://.", value):
        raise ValueError("must be the absolute path of a socket or a unix://, tcp:// or http:// address")
    return value


def download(value: str) -> tuple[str, str]:
    """An https:// URL and, behind #sha256=, the checksum of what is there."""
    url, _, digest = value.partition("#sha256=")
    if not re.fullmatch(r"https://[!-~]+", url) or "#" in url:
        raise ValueError("must be an https:// URL, its checksum behind it: https://...#sha256=HEX")
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", digest):
        raise ValueError("must end with the file's checksum, #sha256= and 64 hexadecimal digits (sha256sum FILE)")
    return url, digest


def forced_type(value: str) -> str:
    """Name of a protocol for -T: one of tcpdump's, or one that an installed package adds."""
    name = value.lower()
    if name not in TYPES:
        families.load()
        try:
            core.forced_type(name)
        except ValueError:
            raise ValueError("must be one of " + ", ".join(TYPES)) from None
    return name
