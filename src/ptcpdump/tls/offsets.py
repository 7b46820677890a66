"""Where TLS libraries have the client's random in the object that belongs to a connection.

No library promises it, and it moves between versions. Two sources have to agree, of these: what the function that logs
secrets reads, what the library's own function for asking after the random reads, and what is known of versions.
"""

import re
import struct

from ptcpdump.tls.elf import AARCH64, BrokenElfError, Elf

Random = tuple[int, ...]        # as Place.random
_GETTERS = {"openssl": b"SSL_get_client_random", "boringssl": b"SSL_get_client_random",
            "gnutls": b"gnutls_session_get_random"}
_GETTER_SIZE = 96               # bytes of code of the getter that are looked at
# Layouts of versions, of which the code must have all numbers. OpenSSL: 3.0 to 3.1, 3.2 to 3.4, 3.5 to 4.0, 1.1.1.
_KNOWN: dict[str, tuple[Random, ...]] = {
    "openssl": ((0x160,), (0x140,), (0x188,), (0xA8, 0xB8)),
    "boringssl": ((0x30, 0x30),),
    "gnutls": ((0x50,),),
}
_BORINGSSL = (b"oringssl", b"AWS-LC")      # in paths of its sources, and in what AWS-LC calls itself
_DYNSYM, _DYNSTR, _STRSZ = 6, 5, 10     # tags of the dynamic section
_SYMBOL = struct.Struct("<IBBHQQ")
_MOST_SYMBOLS = 1 << 20
_FUNCTION = 2

# lea, mov and the moves of 16 bytes, from [register + number], and add of a number (Intel SDM, volume 2, 2.1.5). With
# r12 for the register there is one byte more (24).
_MOVES = rb"(?:[\x48-\x4f][\x8b\x8d]|[\x66\xf3]?[\x40-\x4f]?\x0f[\x10\x28\x6f]|\xc5.[\x10\x28\x6f])"
_NEAR = re.compile(_MOVES + rb"(?:[\x40-\x43\x45-\x4b\x4d-\x53\x55-\x5b\x5d-\x63\x65-\x6b\x6d-\x73\x75-\x7b\x7d-\x7f]"
                   rb"|[\x44\x4c\x54\x5c\x64\x6c\x74\x7c]\x24)(.)", re.DOTALL)
_FAR = re.compile(_MOVES + rb"(?:[\x80-\x83\x85-\x8b\x8d-\x93\x95-\x9b\x9d-\xa3\xa5-\xab\xad-\xb3\xb5-\xbb\xbd-\xbf]"
                  rb"|[\x84\x8c\x94\x9c\xa4\xac\xb4\xbc]\x24)(.{4})", re.DOTALL)
_ADDED = re.compile(rb"[\x48\x49](?:\x81[\xc0-\xc7](.{4})|\x83[\xc0-\xc7](.))", re.DOTALL)


def random_at(elf: Elf, start: int, end: int) -> tuple[str, Random]:
    """The kind of a library, and where its object has the random, by the function from start to end.

    Raises BrokenElfError when that is not certain.
    """
    kind = _kind(elf)
    used = numbers(elf, elf.read(start, min(end - start, 4096)))
    getter = exported(elf, _GETTERS[kind])
    offered = numbers(elf, elf.read(getter, _GETTER_SIZE)) if getter is not None else None
    both = used if offered is None else used & offered
    if kind == "gnutls":        # its function leaves the random to whoever it calls
        both = offered or set()
    agreed = [layout for layout in _KNOWN[kind] if set(layout) <= both]
    if len(agreed) == 1:
        return kind, agreed[0]
    if kind == "openssl" and offered is not None:       # of a version that is not known: one number, and no small one
        common = [number for number in both if 0x100 <= number < 0x1000]
        if len(common) == 1:
            return kind, (common[0],)
    raise BrokenElfError(f"where {kind} of this version keeps the client's random is not known")


def _kind(elf: Elf) -> str:
    """Whose code it is."""
    if exported(elf, _GETTERS["gnutls"]) is not None:
        return "gnutls"
    return "boringssl" if any(True for mark in _BORINGSSL for _ in elf.find(mark, elf.constants, 1)) else "openssl"


def numbers(elf: Elf, code: bytes) -> set[int]:
    """The distances from registers at which code reads, or takes addresses."""
    if elf.machine == AARCH64:
        return _numbers_arm64(code)
    return {int.from_bytes(next(filter(None, match.groups())), "little")
            for at in range(len(code)) for form in (_NEAR, _FAR, _ADDED) if (match := form.match(code, at))}


def _numbers_arm64(code: bytes) -> set[int]:
    found = set()
    for (word,) in struct.iter_unpack("<I", code[:len(code) // 4 * 4]):
        if word & 0xFFC00000 == 0x91000000:             # add Xd, Xn, #number
            found.add(word >> 10 & 0xFFF)
        elif word & 0xFFC00000 == 0xF9400000:           # ldr Xt, [Xn, #8 * number]
            found.add((word >> 10 & 0xFFF) * 8)
        elif word & 0xFFC00000 == 0x3DC00000:           # ldr Qt, [Xn, #16 * number]
            found.add((word >> 10 & 0xFFF) * 16)
    return found


def exported(elf: Elf, name: bytes) -> int | None:
    """The address of a function that a shared object exports; None without it."""
    symbols, strings, size = (elf.dynamic.get(tag, 0) for tag in (_DYNSYM, _DYNSTR, _STRSZ))
    if not symbols or not strings:
        return None
    texts = elf.read(strings, min(size, 16 << 20))
    at = texts.find(b"\0" + name + b"\0")
    if at < 0:
        return None
    # the table ends where the texts begin, as all linkers place them; a wrong end finds nothing that is wrong
    rows = elf.read(symbols, min(_MOST_SYMBOLS, max(0, strings - symbols) // _SYMBOL.size) * _SYMBOL.size)
    for text, info, _, section, address, _ in _SYMBOL.iter_unpack(rows[:len(rows) // _SYMBOL.size * _SYMBOL.size]):
        if text == at + 1 and info & 15 == _FUNCTION and section:
            return int(address)
    return None
