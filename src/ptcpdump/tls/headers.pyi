"""Headers of HTTP/2 (RFC 7541), by the tables of the package hpack: those fields that matter to an observer."""

class HeaderDecoder:
    """Reads the header blocks of one direction, in order."""

    def __init__(self) -> None: ...
    def allow(self, size: int) -> int:
        """The other end has told how large the table may be."""

    def read(self, block: bytes) -> dict[bytes, str]:
        """The fields of a block that matter, of several with one name the first. Raises ValueError."""
