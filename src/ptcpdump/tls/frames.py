"""Where functions begin, as the tables for unwinding the stack say (.eh_frame_hdr, LSB core specification, 10.6.2).

They are there in stripped files too, since exceptions and backtraces need them.
"""

import struct
from array import array
from bisect import bisect_right

from ptcpdump.tls.elf import Elf

_EH_FRAME = 0x6474E550          # PT_GNU_EH_FRAME
_VERSION, _UDATA4, _DATAREL_SDATA4 = 1, 0x03, 0x3B      # what linkers write
_MOST = 16 << 20                # bytes of the table: two million functions


class Functions:
    """The starts of all functions of a file; empty where the table is missing or of an unknown form."""

    def __init__(self, elf: Elf) -> None:
        self._starts: array[int] = array("q")
        segment = elf.of_kind(_EH_FRAME)
        if segment is None:
            return
        data = elf.read(segment.address, min(segment.size, _MOST))
        if len(data) < 12 or (data[0], data[2], data[3]) != (_VERSION, _UDATA4, _DATAREL_SDATA4):
            return
        count = min(struct.unpack_from("<I", data, 8)[0], (len(data) - 12) // 8)
        rows = memoryview(data)[12:12 + 8 * count].cast("i")
        self._starts = array("q", sorted(segment.address + start for start in rows[::2]))

    def begins_at(self, address: int) -> bool:
        """Whether a function begins here."""
        at = bisect_right(self._starts, address)
        return at > 0 and self._starts[at - 1] == address

    def end_of(self, address: int) -> int:
        """Where the function after the one at this address begins."""
        at = bisect_right(self._starts, address)
        return self._starts[at] if at < len(self._starts) else address

    def __len__(self) -> int:
        return len(self._starts)
