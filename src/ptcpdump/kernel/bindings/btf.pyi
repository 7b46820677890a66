"""The kernel's own type information (BTF): what it has, and where it keeps the members of its structs."""

from os import PathLike
from typing import final

@final
class Types:
    """The types of the running kernel, or those in the file `path`; loaded once, some 10 ms.

    Raises UnsupportedError where there is no BTF.
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None: ...
    def has_tracepoint(self, name: str) -> bool:
        """Whether tp_btf programs may attach to this tracepoint."""

    def has_function(self, name: str, module: str = ...) -> bool:
        """Whether a function of this name is described, kfuncs included, in the kernel or that loaded module."""

    def function(self, name: str) -> int | None:
        """BTF id of a function of the kernel, kfuncs included; None: there is none of that name."""

    def has_struct(self, name: str) -> bool:
        """Whether a struct of this name is described."""

    def struct(self, name: str) -> int | None:
        """BTF id of a struct; None: there is none of that name."""

    def functions(self) -> list[str]:
        """The names of all functions that are described; none in a file of a few structs."""

    def member(self, struct: str, name: str) -> tuple[int, int] | None:
        """Offset and size in bits of a member, looked for in unnamed structs and unions too; None: not there.

        On big-endian machines the offset of a bit-field counts from the most significant bit.
        """
