"""Functions by their names, where a file still tells them: in its table of symbols (.symtab), or in the small one that
some distributions keep, compressed, in stripped files (.gnu_debugdata; GDB's manual, "MiniDebugInfo").
"""

import lzma
import os
import re
import struct
from collections.abc import Callable, Iterator

from ptcpdump.tls.elf import LARGEST, Elf

_HEADER = struct.Struct("<40xQ10xHHH")              # of ELF: the table of sections, their size and number, their names'
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_SYMTAB = 2                 # a type of section
_FUNCTION = 2               # a type of symbol
_MOST_SECTIONS = 1 << 10
_MOST_TABLE = 1 << 26       # bytes of symbols, and of their names
_MOST_COMPRESSED = 1 << 24  # bytes of .gnu_debugdata ...
_MOST_MEMORY = 1 << 27      # ... and of what unpacking it takes
# OpenSSL's and GnuTLS's functions in C, BoringSSL's in C++ (with its namespace and the types of its arguments)
_NAMES = re.compile(rb"(?:\0|\A)(ssl_log_secret|_gnutls_call_keylog_func|_ZN4bssl[0-9A-Za-z_]{0,64}14ssl_log_secret"
                    rb"[0-9A-Za-z_]{0,200})(?=\0)")

_Read = Callable[[int, int], bytes]     # bytes of an ELF file from an offset on, at most so many


def log_functions(elf: Elf) -> set[int]:
    """The addresses of functions that are called as those which get every secret; none of a stripped file."""
    def read(at: int, size: int) -> bytes:
        return os.pread(elf.descriptor, min(size, _MOST_TABLE), at) if at < LARGEST else b""

    found = set(_functions(read))
    if not found and (packed := _section_named(read, b".gnu_debugdata")):
        unpacked = _unpack(packed)
        found.update(_functions(lambda at, size: unpacked[at:at + size]))
    return found


def section(elf: Elf, name: bytes, most: int) -> tuple[int, bytes]:
    """The address of a section, and at most so many bytes of it; nothing where the file has none of this name."""
    def read(at: int, size: int) -> bytes:
        return os.pread(elf.descriptor, min(size, most), at) if at < LARGEST else b""

    row = _row_named(read, name)
    return (row[3], read(row[4], row[5])) if row else (0, b"")


def _sections(read: _Read) -> list[tuple[int, ...]]:
    """The rows of the table of sections; empty without one that makes sense."""
    head = read(0, _HEADER.size)
    if len(head) < _HEADER.size:
        return []
    offset, size, count, _ = _HEADER.unpack(head)
    if size != _SECTION.size or not 0 < count <= _MOST_SECTIONS:
        return []
    table = read(offset, size * count)
    return list(_SECTION.iter_unpack(table[:len(table) // size * size]))


def _section_named(read: _Read, name: bytes) -> bytes:
    """What a section holds; empty without it, or where it is too large."""
    row = _row_named(read, name)
    return read(row[4], row[5]) if row and row[5] <= _MOST_COMPRESSED else b""


def _row_named(read: _Read, name: bytes) -> tuple[int, ...]:
    """The row of the table of sections that has a name; empty without it."""
    sections = _sections(read)
    index = _HEADER.unpack(read(0, _HEADER.size))[3] if sections else 0
    if index >= len(sections):
        return ()
    names = read(sections[index][4], min(sections[index][5], _MOST_TABLE))
    for row in sections:
        if names[row[0]:row[0] + len(name) + 1] == name + b"\0":
            return row
    return ()


def _functions(read: _Read) -> Iterator[int]:
    """The addresses of such functions in the table of symbols."""
    sections = _sections(read)
    for row in sections:
        kind, offset, size, link = row[1], row[4], row[5], row[6]
        if kind != _SYMTAB or link >= len(sections):
            continue
        names = read(sections[link][4], min(sections[link][5], _MOST_TABLE))
        wanted = {match.start(1) for match in _NAMES.finditer(names)}
        table = read(offset, min(size, _MOST_TABLE)) if wanted else b""
        whole = len(table) // _SYMBOL.size * _SYMBOL.size
        for name, info, _, section, address, _ in _SYMBOL.iter_unpack(table[:whole]):
            if name in wanted and info & 15 == _FUNCTION and section:
                yield address


def _unpack(packed: bytes) -> bytes:
    """Data without xz's compression, as far as it makes sense; what would become too large is cut off."""
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, _MOST_MEMORY).decompress(packed, _MOST_TABLE)
    except (lzma.LZMAError, EOFError):
        return b""
