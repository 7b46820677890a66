"""Reader of packets that each CPU has put into a buffer of its own."""

from typing import final

@final
class Lanes:
    """The map `lanes`: `count` lanes of `size` bytes of records (a power of two), `stride` bytes from one to the next.

    Raises OSError.
    """

    def __init__(self, fd: int, count: int, size: int, stride: int) -> None: ...
