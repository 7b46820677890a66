"""What an ELF file says of itself by its program headers, which no stripping takes away (System V ABI, chapter 5).

Files are whatever a process of this host maps as code: each number in them is checked, reads are bounded, and nothing
is mapped, for a file that is shortened meanwhile would end us by a signal.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ptcpdump.errors import PtcpdumpError

X86_64, AARCH64 = 62, 183           # e_machine
_CLASS_64, _LITTLE = 2, 1
_LOAD, _DYNAMIC, _NOTE, _EH_FRAME = 1, 2, 4, 0x6474E550
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_MOST_PROGRAMS = 256
_GNU_BUILD_ID = 3
_SHARED = 1 << 16                   # bytes of the largest page
_MOST_NOTES = 8                     # segments of notes
ADDRESSES = 1 << 57                 # above those that programs can have (x86-64 with five levels of page tables)
CHUNK = 1 << 20                     # bytes that are searched at a time
LARGEST = 1 << 30                   # bytes of a file that are looked at
PIECE = 1 << 28                     # bytes of one table


class BrokenElfError(PtcpdumpError):
    """The file is no ELF file of a kind that is known here, or it contradicts itself."""


class NothingToProbeError(BrokenElfError):
    """The file only speaks of TLS: there is nothing in it that would log secrets, and nothing is lost."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a file that is mapped when it is executed."""

    kind: int
    flags: int
    offset: int
    address: int
    size: int           # bytes in the file

    @property
    def executable(self) -> bool:
        """Whether its bytes are code, or beside code."""
        return bool(self.flags & 1)

    @property
    def writable(self) -> bool:
        """Whether it holds data that changes, or is relocated."""
        return bool(self.flags & 2)


class Elf:
    """An open ELF file. Raises BrokenElfError; OSError when it can't be read. descriptor: stays the caller's."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        head = os.pread(descriptor, _HEADER.size, 0)
        if len(head) < _HEADER.size or not head.startswith(b"\x7fELF"):
            raise BrokenElfError("it is no ELF file")
        fields = _HEADER.unpack(head)
        if head[4] != _CLASS_64 or head[5] != _LITTLE or fields[2] not in (X86_64, AARCH64):
            raise BrokenElfError("it is not for x86-64 or arm64")
        self.machine: int = fields[2]
        offset, size, count = fields[5], fields[9], fields[10]
        self.sections: tuple[int, int, int] = (fields[6], fields[11], fields[12])    # offset, size and number
        if size != _PROGRAM.size or not 0 < count <= _MOST_PROGRAMS:
            raise BrokenElfError("it has no program headers that make sense")
        table = os.pread(descriptor, size * count, offset) if offset < LARGEST else b""
        if len(table) < size * count:
            raise BrokenElfError("it ends before its program headers do")
        whole = min(os.fstat(descriptor).st_size, LARGEST)
        self.segments = [
            Segment(kind, flags, start, address, max(0, min(length, whole - start)))
            for kind, flags, start, address, _, length, _, _ in _PROGRAM.iter_unpack(table) if start < whole]
        self.loaded = [segment for segment in self.segments if segment.kind == _LOAD and segment.size]
        if any(segment.address + segment.size > ADDRESSES for segment in self.loaded):
            raise BrokenElfError("its addresses are none that a program can have")
        # real segments share pages at most; else a small file could have us search the same bytes 256 times
        if sum(segment.size for segment in self.loaded) > whole + _SHARED * len(self.loaded):
            raise BrokenElfError("its segments overlap")

    def of_kind(self, kind: int) -> Segment | None:
        """The first segment of a kind."""
        return next((segment for segment in self.segments if segment.kind == kind), None)

    def segment_at(self, address: int) -> Segment | None:
        """The loaded segment whose bytes in the file an address stands for."""
        return next((segment for segment in self.loaded if 0 <= address - segment.address < segment.size), None)

    def offset_of(self, address: int) -> int | None:
        """Where the byte of an address stands in the file."""
        segment = self.segment_at(address)
        return None if segment is None else address - segment.address + segment.offset

    def read(self, address: int, size: int) -> bytes:
        """Bytes at an address, as the file has them; fewer where the segment ends before."""
        segment = self.segment_at(address)
        if segment is None:
            return b""
        at = address - segment.address
        return os.pread(self.descriptor, max(0, min(size, segment.size - at, PIECE)), segment.offset + at)

    def contents(self, segment: Segment) -> bytes:
        """All bytes of a segment, at most PIECE."""
        return os.pread(self.descriptor, min(segment.size, PIECE), segment.offset)

    @cached_property
    def constants(self) -> list[Segment]:
        """The segments that hold texts and tables that don't change: where linkers part them from code, these alone."""
        readable = [segment for segment in self.loaded if not segment.writable]
        return [segment for segment in readable if not segment.executable] or readable

    def pieces(self, segments: list[Segment], more: int) -> Iterator[tuple[int, bytes]]:
        """Segments piece by piece, as address and bytes; each goes on for some bytes of the next, which are more."""
        for segment in segments:
            for at in range(0, segment.size, CHUNK):
                size = min(CHUNK + more, segment.size - at)
                yield segment.address + at, os.pread(self.descriptor, size, segment.offset + at)

    def find(self, needle: bytes, segments: list[Segment], most: int = 64) -> Iterator[int]:
        """Addresses at which these bytes stand in segments, at most so many."""
        for address, piece in self.pieces(segments, len(needle) - 1):
            found = piece.find(needle)
            while found >= 0 and most > 0:
                yield address + found
                most -= 1
                found = piece.find(needle, found + 1)

    @cached_property
    def dynamic(self) -> dict[int, int]:
        """The dynamic section, values by tag; empty of a static file."""
        segment = self.of_kind(_DYNAMIC)
        if segment is None:
            return {}
        data = os.pread(self.descriptor, min(segment.size, 1 << 16), segment.offset)
        return dict(struct.iter_unpack("<QQ", data[:len(data) // 16 * 16]))

    @cached_property
    def build_id(self) -> bytes:
        """The linker's name for exactly these contents (GNU build id), or what Go has for it; empty without one."""
        for segment in [segment for segment in self.segments if segment.kind == _NOTE][:_MOST_NOTES]:
            data = os.pread(self.descriptor, min(segment.size, 1 << 16), segment.offset)
            at = 0
            while at + 12 <= len(data):
                name_size, size, kind = struct.unpack_from("<III", data, at)
                name = data[at + 12:at + 12 + name_size]
                at += 12 + (name_size + 3) // 4 * 4
                if (name, kind) in ((b"GNU\0", _GNU_BUILD_ID), (b"Go\0\0", 4)) and size:
                    return name + data[at:at + size]
                at += (size + 3) // 4 * 4
        return b""
