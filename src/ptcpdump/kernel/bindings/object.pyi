"""libbpf as we use it: type information, the BPF object, links, maps. Errors become typed exceptions here."""

from os import PathLike
from typing import final

from ptcpdump.errors import UnsupportedError

def library_version() -> str:
    """Version of libbpf, such as "1.1"."""

def give_memory_back() -> None:
    """Give what free(3) has kept back to the kernel; call it in the thread that has loaded: for that libbpf needs some
    10 MiB."""

def possible_cpus() -> int:
    """How many CPUs the kernel may ever bring up: the size of per-CPU things."""

class LoadError(UnsupportedError):
    """The kernel refused the object. `program` names the culprit where known, `log` holds all that was said."""

    program: str | None
    log: str
    def __init__(self, message: str, program: str | None = None, log: str = "") -> None: ...

@final
class Link:
    """An attached program. The kernel detaches it when this is closed or the process ends, however it ends."""

    def fileno(self) -> int:
        """The link's file descriptor."""

    def close(self) -> None:
        """Detach; a second call does nothing."""

@final
class Object:
    """The BPF object: opened, adjusted, loaded, its programs attached."""

    def __init__(self, image: bytes, btf_path: str | PathLike[str] | None = None) -> None: ...
    def close(self) -> None:
        """Free programs and maps; links that are still open keep theirs alive."""

    def programs(self) -> dict[str, str]:
        """Program names with their sections."""

    def autoload(self, name: str, wanted: bool) -> None:
        """Whether load() takes this program along."""

    def configure(self, section: str, data: bytes) -> None:
        """Fill a read-only data section before load()."""

    def resize(self, name: str, max_entries: int | None = None, value_size: int | None = None) -> None:
        """Change a map's size before load()."""

    def leave_out(self, name: str) -> None:
        """Do not create this map: the code that uses it is dead in this run."""

    def load(self) -> None:
        """Relocate, verify and load. Raises LoadError with the program that the kernel refused."""

    def map_fd(self, name: str) -> int:
        """File descriptor of a map, owned by the object."""

    def program_fd(self, name: str) -> int:
        """File descriptor of a loaded program, owned by the object."""

    def attach(self, name: str, cgroup_fd: int | None = None) -> Link:
        """Attach a program where its section says, for cgroup programs to this cgroup."""

    def attach_uprobe(self, name: str, path: str, offset: int, cookie: int = 0) -> Link:
        """Attach a program to all that execute the byte at this offset of a file, now or later."""

    def run_iterator(self, name: str) -> None:
        """Run an iterator program over all its objects once."""

def try_program(kind: int, attach_type: int, function_id: int) -> str:
    """Load a program that does nothing; the kernel's reason when it refuses, else "". Nothing is attached."""
