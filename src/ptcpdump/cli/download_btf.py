"""`--download-btf URL#sha256=HEX`: the kernel's type information from elsewhere, to where captures look for it."""

import io
import os
from pathlib import Path

from ptcpdump.cli import say, whole_file
from ptcpdump.cli.options import Options
from ptcpdump.errors import PtcpdumpError, UnsupportedError
from ptcpdump.kernel.loading import kernel_types
from ptcpdump.lazy import lazy_modules
from ptcpdump.net import download

with lazy_modules:
    import tarfile

    from ptcpdump.sources import compression


def run(options: Options) -> int:
    """Nothing is kept but a file of this kernel; it is there whole or not at all."""
    url, sha256 = options.download_btf
    path = Path(kernel_types.PLACE.format(os.uname().release))
    data = _types(url, download.fetch(url, sha256))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file.replacing(path) as new:
            new.write_bytes(data)
            try:
                difference = kernel_types.difference(str(new))
            except UnsupportedError:
                raise UnsupportedError(f"{url}: there is no kernel type information in it; nothing is kept of it"
                                       ) from None
            if difference:
                raise UnsupportedError(f"{url} is of another kernel: {difference}; nothing is kept of it")
    except OSError as error:
        raise PtcpdumpError(f"{path}: can't write: {error.strerror}") from error
    say.show(f"{path}: type information of {os.uname().release}, {len(data)} bytes")
    used = kernel_types.find()
    if used != str(path):
        say.warn(f"captures don't need it: they use {used or 'what the kernel itself has'}, which goes before")
    return 0


def _types(url: str, data: bytes) -> bytes:
    """The file itself, which may be compressed, and the only one in an archive of tar(1)."""
    packed = compression.recognized(data)
    if packed:
        data = _unpacked(url, packed, data)
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            # a sparse one says itself how long it is: terabytes, out of nothing
            member = next((each for each in archive if each.isreg() and not each.issparse()), None)
            file = archive.extractfile(member) if member else None
            return file.read() if file else b""
    except tarfile.TarError:
        return data
    except (ValueError, OverflowError) as error:    # of numbers and names, which tarfile does not look at first
        raise PtcpdumpError(f"{url}: can't be unpacked: its headers make no sense") from error


def _unpacked(url: str, packed: compression.Compression, data: bytes) -> bytes:
    pieces, size = [], 0
    try:
        plain = compression.unpacked(packed, io.BytesIO(data), url, 0)   # type: ignore[arg-type]  # read as a raw file is
        while piece := plain.read1(1 << 20):
            pieces.append(piece)
            size += len(piece)
            if size > download.MOST:
                raise PtcpdumpError(f"{url}: it is larger than {download.MOST >> 20} MiB when it is unpacked")
    except PtcpdumpError:
        raise
    except Exception as error:      # each library has its own
        raise PtcpdumpError(f"{url}: can't be unpacked: {error}") from error
    return b"".join(pieces)
