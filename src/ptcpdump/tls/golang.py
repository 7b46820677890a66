"""Where Go programs log their TLS keys: found by the table of functions that every Go program carries (pclntab).

The runtime itself needs that table, so stripping can't take it away; its format is that of runtime/symtab.go, Go 1.18
and later (Go 1.20 only changed the magic number). The table has no addresses but distances from the start of the text,
which stands in the runtime's moduledata; what the table's own header says of it is 0 since Go 1.26, and before that
not relocated in position-independent programs.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ptcpdump.tls.elf import AARCH64, ADDRESSES, PIECE, X86_64, BrokenElfError, Elf

# behind the magic number's first byte: the others, two zeros, the smallest instruction's size, that of a pointer
_MAGIC_REST = {X86_64: b"\xff\xff\xff\x00\x00\x01\x08", AARCH64: b"\xff\xff\xff\x00\x00\x04\x08"}
_MAGICS = (0xF1, 0xF0)              # first byte: Go 1.20, Go 1.18
_OLD = (0xFA, 0xFB)                 # Go 1.16, Go 1.2, which pass arguments on the stack
_HEADER = struct.Struct("<QQQQQQQQQ")
_MOST_FUNCTIONS = 4 << 20
_MOST_TABLES = 8             # that look like one
_MOST_PLACES = 64            # that point to a table, and rows that look like a relocation
_MOST_RELOCATIONS = 1 << 26  # bytes
_WANTED = b".(*Config).writeKeyLog\0"       # of crypto/tls, and of packages that are made from it
_MOST_FOUND = 16
# offsets in the moduledata of runtime/symtab.go: minpc, text
_MINPC, _TEXT = 160, 176
_RELA, _RELASZ = 7, 8               # tags of the dynamic section
_RELATIVE = {X86_64: 8, AARCH64: 1027}  # R_X86_64_RELATIVE, R_AARCH64_RELATIVE


@dataclass(frozen=True, slots=True)
class _Table:
    """A pclntab: its address, its bytes, and where its parts are in it."""

    address: int
    data: bytes
    count: int              # functions
    names: int
    names_end: int
    functions: int


def is_go(elf: Elf) -> bool:
    """Whether a file has a table of functions that looks like Go's."""
    return any(True for _ in _candidates(elf))


def find_key_log(elf: Elf) -> list[int]:
    """Offsets in the file of all functions that Go programs log TLS keys by; empty where it has no crypto/tls.

    Raises BrokenElfError, with the reason, where it can't be found: it is no Go program, too old, or garbled.
    """
    reason = "it is no Go program"
    for address, magic in _candidates(elf):
        if magic in _OLD:
            reason = "it is made by Go before 1.18, which passes arguments in another way"
            continue
        table = _read_table(elf, address)
        if table is None:
            reason = "its table of functions makes no sense"
            continue
        entries = list(_entries(table))
        if not entries:
            return []
        text = _text_start(elf, table)
        if text is None:
            reason = "where its code begins could not be found"
            continue
        places = [elf.offset_of(text + entry) for entry in entries]
        executable = [segment for segment in elf.loaded if segment.executable]
        inside = [place for place in places if place is not None
                  and any(segment.offset <= place < segment.offset + segment.size for segment in executable)]
        if len(inside) == len(entries):
            return inside
        reason = "its table of functions leads outside of its code"
    raise BrokenElfError(reason)


def _candidates(elf: Elf) -> Iterator[tuple[int, int]]:
    """Addresses of what begins as a pclntab does, with the first byte of the magic number."""
    rest = _MAGIC_REST[elf.machine]
    tables = [*elf.constants, *(segment for segment in elf.loaded if segment.writable)]     # there if it is relocated
    for address in elf.find(rest, tables, _MOST_TABLES):
        first = elf.read(address - 1, 1)
        if first and first[0] in _MAGICS + _OLD and (address - 1) % 8 == 0:
            yield address - 1, first[0]


def _read_table(elf: Elf, address: int) -> _Table | None:
    head = elf.read(address, _HEADER.size)
    if len(head) < _HEADER.size:
        return None
    _, count, _, _, names, names_end, _, _, functions = _HEADER.unpack(head)
    if not (0 < count <= _MOST_FUNCTIONS and _HEADER.size <= names < names_end < functions < PIECE):
        return None
    data = elf.read(address, PIECE)
    if functions + 8 * count + 4 > len(data):
        return None
    return _Table(address, data, count, names, names_end, functions)


def _entries(table: _Table) -> Iterator[int]:
    """Where the wanted functions begin, counted from the start of the text."""
    wanted: set[int] = set()
    at = table.data.find(_WANTED, table.names, table.names_end)
    while at >= 0 and len(wanted) < _MOST_FOUND:
        before = table.data.rfind(b"\0", table.names, at)      # the end of the name before
        wanted.add(max(0, before + 1 - table.names))
        at = table.data.find(_WANTED, at + 1, table.names_end)
    if not wanted:
        return
    # of each function: where it begins, and where more is said of it, of which the second word is its name
    rows = memoryview(table.data)[table.functions:table.functions + 8 * table.count].cast("I")
    for at in range(1, len(rows), 2):
        name_at = table.functions + rows[at] + 4
        if int.from_bytes(table.data[name_at:name_at + 4], "little") in wanted:
            yield rows[at - 1]


def _text_start(elf: Elf, table: _Table) -> int | None:
    """The address that functions are counted from, out of the moduledata that points to this table."""
    first = int.from_bytes(table.data[table.functions:table.functions + 4], "little")
    relocated = _relocations(elf)
    pointer = table.address.to_bytes(8, "little")
    writable = [segment for segment in elf.loaded if segment.writable]
    places = [*relocated.that_point_to(table.address), *elf.find(pointer, writable)]
    for place in places:
        minpc, text = (relocated.value(place + field) for field in (_MINPC, _TEXT))
        if text and minpc == text + first:
            return text
    return None


class _Relocations:
    """Words of a file that the loader sets: to their distance from where the file is loaded (R_*_RELATIVE)."""

    def __init__(self, elf: Elf, rows: bytes) -> None:
        self._elf = elf
        self._rows = rows
        self._kind = _RELATIVE[elf.machine].to_bytes(8, "little")

    def _find(self, needle: bytes, column: int) -> Iterator[int]:
        at, left = self._rows.find(needle), _MOST_PLACES
        while at >= 0 and left > 0:
            left -= 1
            row = at - column
            if row >= 0 and row % 24 == 0 and self._rows[row + 8:row + 16] == self._kind:
                yield row
            at = self._rows.find(needle, at + 1)

    def that_point_to(self, address: int) -> Iterator[int]:
        """Addresses of words that are set to this one."""
        for row in self._find(address.to_bytes(8, "little"), 16):
            yield int.from_bytes(self._rows[row:row + 8], "little")

    def value(self, address: int) -> int:
        """A word as it is after that; what no relocation sets is in the file (which RELR adds to). 0: there is none."""
        if address >= ADDRESSES:
            return 0
        for row in self._find(address.to_bytes(8, "little"), 0):
            return int.from_bytes(self._rows[row + 16:row + 24], "little")
        return int.from_bytes(self._elf.read(address, 8), "little")


def _relocations(elf: Elf) -> _Relocations:
    address, size = elf.dynamic.get(_RELA, 0), elf.dynamic.get(_RELASZ, 0)
    return _Relocations(elf, elf.read(address, size) if address and 0 < size <= _MOST_RELOCATIONS else b"")
