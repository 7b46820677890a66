"""Build IDs: the number that the linker gives each kernel that it makes (NT_GNU_BUILD_ID, elf(5))."""

import struct
from pathlib import Path

_PT_NOTE, _NT_GNU_BUILD_ID = 4, 3
_LONGEST = 1 << 20      # bytes of notes that are looked through


def of_kernel() -> bytes:
    """That of the running kernel; b"": it does not say."""
    try:
        return _among(Path("/sys/kernel/notes").read_bytes())
    except OSError:
        return b""


def of_file(path: str) -> bytes:
    """That of a 64-bit ELF file of this machine's byte order; b"": it has none that can be read."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(64)
            (table,), (size, count) = struct.unpack_from("Q", head, 32), struct.unpack_from("HH", head, 54)
            for number in range(count):
                file.seek(table + number * size)
                row = file.read(56)
                kind, offset, length = struct.unpack("I4xQ16xQ16x", row)        # p_type, p_offset, p_filesz
                if kind == _PT_NOTE:
                    file.seek(offset)
                    found = _among(file.read(min(length, _LONGEST)))
                    if found:
                        return found
    except (OSError, struct.error, OverflowError):
        pass
    return b""


def _among(notes: bytes) -> bytes:
    """The build ID among notes, each a head of three numbers, a name and a description, padded to four bytes."""
    at = 0
    while at + 12 <= len(notes):
        name_size, size, kind = struct.unpack_from("III", notes, at)
        name_at = at + 12
        data_at = name_at + (name_size + 3 & ~3)
        if kind == _NT_GNU_BUILD_ID and notes[name_at:name_at + name_size] == b"GNU\0":
            return notes[data_at:data_at + size]
        at = data_at + (size + 3 & ~3)
    return b""
