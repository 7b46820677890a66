"""Compressed savefiles: the formats, how a file shows that it is in one of them, and what unpacks it.

gzip (RFC 1952) and xz come with Python, Zstandard (RFC 8878) from 3.14 on; before, and for LZ4, there are packages,
which the extra `compression` names.

A small file may hold a lot, on purpose too: how much larger it gets is limited, and what memory its unpacking takes.
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


RATIO = 250                 # how many times as large as it is a file may get; captures of floods reach 100
_UNLIMITED = 16 << 20       # bytes from which on that counts
_MEMORY = 128 << 20         # bytes that unpacking may take: xz -9 takes half of it
_PIECE = 1 << 16


class LimitError(Exception):
    """A file that takes more to unpack than it may; the text says what."""


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


class _Xz:
    """As lzma.LZMAFile, which can't be told how much memory a file may ask for."""

    def __init__(self, file: io.RawIOBase) -> None:
        self._file = file
        self._stream = lzma.LZMADecompressor(memlimit=_MEMORY)

    def read1(self, size: int = -1, /) -> bytes:
        while True:
            piece = b""
            if self._stream.eof:
                piece = (self._stream.unused_data or self._file.read(_PIECE) or b"")
                if not piece:
                    return b""
                piece = piece.lstrip(b"\0")     # padding between streams
                self._stream = lzma.LZMADecompressor(memlimit=_MEMORY)
            elif self._stream.needs_input:
                piece = self._file.read(_PIECE) or b""
                if not piece:
                    raise EOFError("the file ends before the compressed stream does")
            try:
                data = self._stream.decompress(piece, size)
            except lzma.LZMAError as error:
                if "Memory usage limit" in str(error):
                    raise LimitError(f"it needs more than {_MEMORY >> 20} MiB of memory to be unpacked") from error
                raise
            if data:
                return data


def _xz(file: io.RawIOBase) -> Unpacked:
    return _Xz(file)


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


class _Counted(io.RawIOBase):
    """A raw file that counts what is read of it."""

    def __init__(self, file: io.RawIOBase) -> None:
        self._file = file
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any, /) -> int:
        n = self._file.readinto(target) or 0
        self.count += n
        return n


class _Limited:
    """The plain bytes of a file as long as they are in proportion to what was read of it."""

    def __init__(self, compression: Compression, file: io.RawIOBase, ratio: int) -> None:
        self._packed = _Counted(file)
        self._plain = compression.open(self._packed)
        self._ratio = ratio
        self._count = 0

    def read1(self, size: int = -1, /) -> bytes:
        data = self._plain.read1(size)
        self._count += len(data)
        if self._ratio and self._count > max(_UNLIMITED, self._ratio * self._packed.count):
            raise LimitError(f"it gets more than {self._ratio} times as large when it is unpacked, as if made to fill "
                             "memory or a disk; --unpack-limit allows more")
        return data


def unpacked(compression: Compression, file: io.RawIOBase, name: str, ratio: int = RATIO) -> Unpacked:
    """The plain bytes of a file, which may be `ratio` times as many as its own; 0: any number.

    Reading them raises LimitError. Raises SavefileError, naming the file, where what unpacks it is not installed.
    """
    try:
        return _Limited(compression, file, ratio)
    except ModuleNotFoundError as error:
        raise SavefileError(
            f"{name}: it is compressed with {compression.name}, and what unpacks that is not installed: "
            "pip install 'ptcpdump[compression]'") from error
