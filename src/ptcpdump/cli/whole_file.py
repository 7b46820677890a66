"""Files that are no captures: read as a whole, and written so that they are there whole or not at all."""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from ptcpdump.sinks import shared_folders


def read(path: str) -> bytes:
    """What stands in a file that a flag names; "-": standard input. Raises OSError."""
    if path != "-":
        return Path(path).read_bytes()
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return sys.stdin.buffer.read()


@contextlib.contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """Where to write what takes the place of `path` when the block ends well; it is gone if it does not."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC))
        yield new
        new.chmod(mode)
        new.replace(path)
    finally:
        with contextlib.suppress(OSError):
            new.unlink()


def write(path: Path, data: bytes) -> None:
    """Write a file of data that anybody may read.

    What is there and is no file, such as /dev/null, a FIFO or a link to one (/dev/stdout), stays and is written into.
    Raises OSError.
    """
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            with os.fdopen(shared_folders.open_file(str(path)), "wb") as file:
                file.write(data)
            return
    with replacing(path) as new:
        new.write_bytes(data)
