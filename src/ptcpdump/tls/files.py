"""Which files processes have mapped as code, and how they are opened where their processes are: in containers, too."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ptcpdump.procfs import PROC

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY     # a name may lead to anything by now
_MOST_ROWS = 65536              # of /proc/PID/maps
_LIBRARIES = ("/usr/lib64", "/usr/lib", "/usr/local/lib64", "/usr/local/lib")
_DELETED = " (deleted)"


@dataclass(frozen=True, slots=True)
class MappedFile:
    """A file that a process has mapped as code. path: as the process has it; range: its addresses, as in maps."""

    pid: int
    path: str
    range: str = ""


def mapped_files(pid: int, proc: Path = PROC) -> Iterator[MappedFile]:
    """Those of a process that runs; nothing when it is gone. Raises PermissionError when it is not for us to see."""
    seen = set()
    try:
        with (proc / str(pid) / "maps").open("rb") as rows:
            for _, row in zip(range(_MOST_ROWS), rows, strict=False):
                fields = row.split(None, 5)
                if len(fields) < 6 or b"x" not in fields[1] or fields[4] == b"0":
                    continue
                path = os.fsdecode(fields[5].rstrip(b"\n"))
                if path not in seen:
                    seen.add(path)
                    yield MappedFile(pid, path, fields[0].decode())
    except PermissionError:
        raise
    except OSError:
        return


def system_libraries() -> list[str]:
    """TLS libraries that programs of this host load most: to be looked at before one of them starts."""
    folders = [folder for top in _LIBRARIES for folder in (Path(top), *Path(top).glob("*-linux-gnu*"))]
    return [str(path) for folder in folders for name in ("libssl.so.*", "libgnutls.so.*") for path in folder.glob(name)]


def open_mapped(file: MappedFile, proc: Path = PROC) -> int | None:
    """A descriptor of the file as its process has it; None when it is gone. Raises PermissionError."""
    folder = proc / str(file.pid)
    ways = [folder / "map_files" / _plain(file.range)] if file.range else []
    if not file.path.endswith(_DELETED):
        ways.append(Path(f"{folder}/root/{file.path}"))
    with suppress(OSError):
        if os.readlink(folder / "exe") == file.path:
            ways.insert(0, folder / "exe")
    refused = None
    for way in ways:
        try:
            descriptor = os.open(way, _FLAGS)
        except PermissionError as error:
            refused = error
            continue
        except OSError:
            continue
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
    if refused is not None:
        raise refused
    return None


def _plain(addresses: str) -> str:
    """A range without leading zeros, as map_files names it."""
    return "-".join(f"{int(part, 16):x}" for part in addresses.split("-"))
