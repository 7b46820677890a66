"""Compressing while a file is written: gzip (RFC 1952), and Zstandard (RFC 8878) with Python 3.14 or a package.

Levels are those at which a flood of packets can be followed.
"""

import importlib
import zlib
from typing import Any, Protocol

from ptcpdump.errors import SavefileError

ENDINGS = {"gzip": ".gz", "zstd": ".zst"}       # of names, by what --compress calls it


class Packer(Protocol):
    """One compressed stream."""

    def pack(self, data: memoryview, /) -> bytes:
        """Take in plain bytes; returns what is ready of the compressed ones."""
        ...

    def flush(self) -> bytes:
        """The compressed bytes of all that was taken in."""
        ...

    def finish(self) -> bytes:
        """The rest, and the end of the stream."""
        ...


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.compressobj(1, wbits=31)
        self.pack = self._stream.compress

    def flush(self) -> bytes:
        return self._stream.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._stream.flush()


class _Zstd:
    def __init__(self) -> None:
        try:
            module: Any = importlib.import_module("compression.zstd")       # Python 3.14
        except ModuleNotFoundError:
            module = importlib.import_module("backports.zstd")
        self._stream = module.ZstdCompressor(level=1)
        self.pack = self._stream.compress

    def flush(self) -> bytes:
        return self._stream.flush(self._stream.FLUSH_BLOCK)     # type: ignore[no-any-return]

    def finish(self) -> bytes:
        return self._stream.flush(self._stream.FLUSH_FRAME)     # type: ignore[no-any-return]


def packer(kind: str, name: str) -> Packer:
    """Begin a stream of this kind for the file `name`. Raises SavefileError where what makes it is not installed."""
    try:
        return _Gzip() if kind == "gzip" else _Zstd()
    except ModuleNotFoundError as error:
        raise SavefileError(f"{name}: --compress {kind} needs a package that is not installed: "
                            "pip install 'ptcpdump[compression]', or take --compress gzip") from error
