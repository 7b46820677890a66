from os import PathLike

class Output:
    """A descriptor open for writing, with a buffer in front."""

    name: str
    fd: int

    def __init__(self, fd: int, name: str, *, owned: bool = False, immediate: bool = False) -> None: ...
    def close(self) -> int:
        """Send the rest and close; a second call does nothing."""

def standard_output(*, immediate: bool = False) -> Output:
    """Return standard output as an Output; it is not closed with it."""

def create(path: str | PathLike[str], *, immediate: bool = False) -> Output:
    """Create or truncate a file; "-" is standard output. Raises SavefileError naming the path."""
