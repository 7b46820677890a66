"""Reader of a BPF ring buffer."""

class Ring:
    """One BPF_MAP_TYPE_RINGBUF of `size` bytes, mapped for reading. Raises OSError."""

    def __init__(self, fd: int, size: int) -> None: ...
    def fileno(self) -> int:
        """For poll(2): readable when the kernel has woken its reader."""

    def read(self) -> list[bytes]:
        """Copies of all records that are there now: for rings in which few come."""
