"""Where the running kernel keeps the members of its structs, by its own type information (BTF)."""

class Layout:
    """The kernel's types; loaded once, some 10 ms. Raises UnsupportedError without BTF."""

    def __init__(self) -> None: ...
    def function(self, name: str) -> int | None:
        """BTF id of a kernel function, kfuncs included; None: there is no such function."""

    def member(self, struct: str, name: str) -> tuple[int, int] | None:
        """Offset and size in bits of a member, looked for in unnamed structs and unions too; None: not there.

        On big-endian machines the offset of a bit-field counts from the most significant bit.
        """
