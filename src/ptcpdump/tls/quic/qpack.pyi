"""The headers of HTTP/3 (RFC 9204), by the package pylsqpack, with bounds that it does not have itself."""

class UnreadableError(ValueError):
    """Headers make no sense, or are larger than we take."""

class Blocked(Exception):  # noqa: N818 -- a condition of the stream, not an error of the program
    """Headers wait for what another stream brings."""

class HeaderReader:
    """Reads the headers that one end sends, of which the other end has said how large a table may be."""

    def __init__(self) -> None: ...
    def set_table(self, size: int) -> None:
        """The other end has told the largest size of the table, in its settings. Raises UnreadableError."""

    def instruct(self, data: bytes) -> list[int]:
        """Take instructions for the table; returns the streams that waited for them. Raises UnreadableError."""

    def read(self, stream: int, block: bytes) -> list[tuple[bytes, bytes]]:
        """The headers of a message. Raises Blocked, UnreadableError."""

    def resume(self, stream: int) -> list[tuple[bytes, bytes]]:
        """The headers that were blocked. Raises Blocked, UnreadableError."""
