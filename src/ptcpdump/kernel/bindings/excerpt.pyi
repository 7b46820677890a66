"""The part of a kernel's type information (BTF) that programs of ours look at: some kilobytes instead of megabytes.

What the kernel's structs have beside the members that our own definitions name is left out; pointers lead nowhere, for
the loader (libbpf) never follows one: each relocation begins at a struct's name. Sizes and offsets are the kernel's.
"""

from os import PathLike
from typing import final

from ptcpdump.kernel.bindings.btf import Types

def members_used(program: str | PathLike[str]) -> dict[str, set[str]]:
    """The structs and unions that a BPF object (a path) defines for itself, and their members; those of nameless ones
    inside count as the outer one's, as do those of its flavours (NAME___FLAVOUR)."""

@final
class Excerpt:
    """Type information under construction, with types of `kernel`. `used` is what members_used() tells."""

    def __init__(self, kernel: Types, used: dict[str, set[str]]) -> None: ...
    def add_structs(self) -> None:
        """All structs and unions of the kernel that are used. There may be several of a name: the loader wants all."""

    def add_tracepoint(self, name: str) -> None:
        """That there is such a tracepoint (see Types.has_tracepoint())."""

    def add_function(self, name: str) -> None:
        """That there is such a function; not what it takes."""

    def add_remark(self, text: bytes) -> None:
        """A text that nothing refers to: the loader passes over it, and whoever knows of it finds it in the file."""

    def data(self) -> bytes:
        """The file."""
