"""Reader of a BPF ring buffer."""

class Ring:
    """One BPF_MAP_TYPE_RINGBUF of `size` bytes, mapped for reading. Raises OSError.

    longest: bytes of its longest record; 0: as long as the ring. The kernel puts the ring's pages twice in a row, so
    that no record is split; the second time only as many are mapped as such a record needs.
    """

    def __init__(self, fd: int, size: int, longest: int = 0) -> None: ...
    def fileno(self) -> int:
        """For poll(2): readable when the kernel has woken its reader."""

    def read(self) -> list[bytes]:
        """Copies of all records that are there now: for rings in which few come."""
