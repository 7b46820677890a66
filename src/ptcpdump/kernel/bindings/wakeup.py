"""Asking the kernel's side to wake us with the next packet."""

import mmap
import sys


class WakeUp:
    """The map `reader` of bpf/maps.h, by its descriptor. Raises OSError when it can't be mapped."""

    def __init__(self, fd: int) -> None:
        self._memory = mmap.mmap(fd, mmap.PAGESIZE)

    @property
    def asked(self) -> bool:
        """Whether the next packet will wake us; False again once one does."""
        return self._memory[_ASLEEP] == 1

    def ask(self) -> None:
        """Have the next packet wake us. One that comes at this very moment may not: look once more, then sleep."""
        self._memory[_ASLEEP] = 1

    def close(self) -> None:
        """Let go of the memory, and of the descriptor that belongs to it. A second call does nothing."""
        self._memory.close()


# the lowest byte of reader.asleep (bpf/record.h)
_ASLEEP = 0 if sys.byteorder == "little" else 7
