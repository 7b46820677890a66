"""Files of our own making, not captures: there whole or not at all."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ptcpdump.sinks import creation


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
            with os.fdopen(creation.open_file(str(path)), "wb") as file:
                file.write(data)
            return
    with replacing(path) as new:
        new.write_bytes(data)
