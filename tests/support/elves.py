"""ELF files made by hand: as small as a Go program's table of functions allows, and easy to break."""

import struct

TEXT, TABLE, DATA = 0x401000, 0x402000, 0x403000    # addresses of the segments; the file is laid out in the same way
_PAGE = 0x1000
# C of a library that logs secrets as OpenSSL 3.0 does, and nothing more
LOGGING_LIBRARY = """
    #include <string.h>
    struct ssl { char before[0x160]; unsigned char random[32]; };
    unsigned long SSL_get_client_random(const struct ssl *s, unsigned char *out, unsigned long size)
    { memcpy(out, s->random, 32); return size; }
    __attribute__((visibility("hidden"), noinline, noclone))
    int ssl_log_secret(const struct ssl *s, const char *label, const unsigned char *secret, unsigned long length)
    { char line[200]; memcpy(line, s->random, 32); strcpy(line + 32, label); memcpy(line + 64, secret, length);
      return strlen(line); }
    int only_one(const struct ssl *s) { return ssl_log_secret(s, "CLIENT_RANDOM", s->random, 32); }
"""


def elf(segments: list[tuple[int, int, bytes]], *, machine: int = 62) -> bytes:
    """An executable of segments: flags (1 execute, 2 write, 4 read), address, bytes; each on a page of its own."""
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, machine, 1, TEXT, 64, 0, 0, 64, 56,
                       len(segments), 0, 0, 0)
    body, at = b"", _PAGE
    for flags, address, data in segments:
        head += struct.pack("<IIQQQQQQ", 1, flags, at, address, address, len(data), len(data), _PAGE)
        body += data + bytes(-len(data) % _PAGE)
        at = _PAGE + len(body)
    return head + bytes(_PAGE - len(head)) + body


def go_program(names: list[str], *, magic: int = 0xF1, text: int = TEXT) -> bytes:
    """A program in Go's form with functions of these names, 16 bytes of code each."""
    name_table = b"\0".join([b"", *(name.encode() for name in names), b""])
    offsets = [name_table.index(b"\0" + name.encode() + b"\0") + 1 for name in names]
    names_at = 72
    functions_at = (names_at + len(name_table) + 7) // 8 * 8
    rows, described = b"", b""
    first = 8 * len(names) + 4
    for number, offset in enumerate(offsets):
        rows += struct.pack("<II", 16 * number, first + len(described))
        described += struct.pack("<II", 16 * number, offset)
    rows += struct.pack("<I", 16 * len(names))
    table = struct.pack("<BBBBBBBBQQQQQQQQ", magic, 255, 255, 255, 0, 0, 1, 8, len(names), 0, 0, names_at,
                        functions_at - 1, functions_at, functions_at, functions_at)
    table += name_table + bytes(functions_at - names_at - len(name_table)) + rows + described
    module = struct.pack("<Q", TABLE) + bytes(152) + struct.pack("<QQQ", text, 0, text)
    return elf([(5, TEXT, b"\xc3" * 16 * len(names)), (4, TABLE, table), (6, DATA, module)])
