class KeptText: ...
class Chunk:
    """Packets kept in memory."""

    def __init__(self, most: int) -> None:
        """most: bytes of memory, unless one packet needs more."""

    count: int
    last: int
