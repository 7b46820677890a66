"""Where functions begin, as the tables for unwinding the stack say (LSB core specification, 10.6).

They are there in stripped files too, since exceptions and backtraces need them: sorted, for those who search at run
time (.eh_frame_hdr), or only one after the other (.eh_frame), as in programs that are linked statically.
"""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator

from ptcpdump.tls.elf import Elf
from ptcpdump.tls.symbols import section

_EH_FRAME = 0x6474E550          # PT_GNU_EH_FRAME
_VERSION, _UDATA4, _DATAREL_SDATA4 = 1, 0x03, 0x3B      # what linkers write
_PCREL_SDATA4 = 0x1B
_MOST = 16 << 20                # bytes of the table: two million functions
_MOST_FRAMES = 64 << 20         # bytes of what it is made of ...
_MOST_ENTRIES = 1 << 20         # ... and how many of its entries are read


class Functions:
    """The starts of all functions of a file; empty where the table is missing or of an unknown form."""

    def __init__(self, elf: Elf) -> None:
        self._starts: array[int] = array("q")
        segment = elf.of_kind(_EH_FRAME)
        if segment is None:
            self._starts = array("q", sorted(_described(*section(elf, b".eh_frame", _MOST_FRAMES))))
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


def _described(address: int, frames: bytes) -> Iterator[int]:
    """The addresses of functions that the entries of .eh_frame describe (10.6.1); address: of the first."""
    common: dict[int, bool] = {}        # what entries share, by offset: whether addresses are in the one known form
    at = 0
    for _ in range(_MOST_ENTRIES):
        if at + 12 > len(frames):
            return
        size, shared = struct.unpack_from("<II", frames, at)
        if not 4 <= size < 0xFFFFFFF0:
            return
        if not shared:
            common[at] = _form(frames[at + 8:at + 4 + size]) == _PCREL_SDATA4
        elif common.get(at + 4 - shared):
            yield address + at + 8 + int.from_bytes(frames[at + 8:at + 12], "little", signed=True)
        at += 4 + size


def _form(common: bytes) -> int:
    """How entries with this in common give addresses (DW_EH_PE_*, behind R); -1 where that is not plain.

    Of compilers: version, augmentation, three numbers of a byte each, the size of what belongs to the augmentation.
    """
    letters, _, rest = common[1:].partition(b"\0")
    if common[:1] != b"\1" or not letters.startswith(b"z") or len(rest) < 5 or max(rest[:3]) > 127:
        return -1
    at = 4
    for letter in letters[1:].decode("latin-1"):
        if letter == "R":
            return rest[at] if at < len(rest) else -1
        if letter not in "PL" or at >= len(rest):
            return -1
        at += 1 if letter == "L" else 1 + {0x3: 4, 0xB: 4}.get(rest[at] & 0xF, 8)     # of a function's address, too
    return -1
