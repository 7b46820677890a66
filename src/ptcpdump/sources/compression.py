"""Compressed savefiles: the formats, how a file shows that it is in one of them, and what unpacks it.

gzip (RFC 1952) and xz come with Python, Zstandard (RFC 8878) from 3.14 on; before, and for LZ4, there are packages,
which the extra `compression` names.
"""

import importlib
import io
from collections.abc import Callable
from typing import Any, Protocol

from ptcpdump.errors import SavefileError
from ptcpdump.lazy import lazy_modules
from ptcpdump.records import dataclass

with lazy_modules:
    import gzip
    import lzma


class Unpacked(Protocol):
    """The plain bytes of a compressed file."""

    def read1(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, as soon as there are any; none at the end. Raises the library's errors."""
        ...


@dataclass(frozen=True, slots=True)
class Compression:
    """One format: its name, the bytes that its files begin with, and what gives the plain bytes of a raw file."""

    name: str
    magic: bytes
    open: Callable[[io.RawIOBase], Unpacked]


def _gzip(file: io.RawIOBase) -> Unpacked:
    return gzip.GzipFile(fileobj=file, mode="rb")


def _xz(file: io.RawIOBase) -> Unpacked:
    return lzma.LZMAFile(file)  # type: ignore[arg-type]  # it takes raw files, too


def _zstd(file: io.RawIOBase) -> Unpacked:
    try:
        module: Any = importlib.import_module("compression.zstd")       # Python 3.14
    except ModuleNotFoundError:
        module = importlib.import_module("backports.zstd")
    return module.ZstdFile(file)  # type: ignore[no-any-return]


def _lz4(file: io.RawIOBase) -> Unpacked:
    module: Any = importlib.import_module("lz4.frame")
    return module.LZ4FrameFile(file)  # type: ignore[no-any-return]


COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b", _gzip),
    Compression("xz", b"\xfd7zXZ\0", _xz),
    Compression("zstd", b"\x28\xb5\x2f\xfd", _zstd),
    Compression("lz4", b"\x04\x22\x4d\x18", _lz4),
)


def recognized(begin: bytes) -> Compression | None:
    """The format of a file that begins with these bytes; None for one that is not compressed."""
    return next((each for each in COMPRESSIONS if begin.startswith(each.magic)), None)


def unpacked(compression: Compression, file: io.RawIOBase, name: str) -> Unpacked:
    """The plain bytes of a file. Raises SavefileError, naming it, where what unpacks it is not installed."""
    try:
        return compression.open(file)
    except ModuleNotFoundError as error:
        raise SavefileError(
            f"{name}: it is compressed with {compression.name}, and what unpacks that is not installed: "
            "pip install 'ptcpdump[compression]'") from error
