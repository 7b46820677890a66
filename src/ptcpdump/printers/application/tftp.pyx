"""Trivial File Transfer Protocol (RFC 1350) and its options (RFC 2347)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, names

cdef enum:
    READ = 1
    WRITE = 2
    DATA = 3
    ACK = 4
    ERROR = 5
    OACK = 6

cdef Names OPCODES = names({READ: b"RRQ", WRITE: b"WRQ", DATA: b"DATA", ACK: b"ACK", ERROR: b"ERROR", OACK: b"OACK"})
cdef Names ERRORS = names({
    0: b"EUNDEF", 1: b"ENOTFOUND", 2: b"EACCESS", 3: b"ENOSPACE", 4: b"EBADOP", 5: b"EBADID", 6: b"EEXISTS",
    7: b"ENOUSER",
})


cdef void print_tftp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A packet from or to port 69, or by -T tftp."""
    cdef uint32_t at
    cdef uint16_t opcode
    d.protocol = b"tftp"
    say_value(d, b"TFTP, length ", length)
    require(d, length, 2)
    opcode = u16(d, p)
    say(d, b", ")
    say_named(d, &OPCODES, opcode, b"tftp-#")
    if opcode == READ or opcode == WRITE:
        require(d, length, 3)
        say(d, b' "')
        at = print_string(d, p, 2, length, b'"')
        require(d, length, at + 1)
        say_char(d, b' ')
        print_options(d, p, print_string(d, p, at, length, b""), length)
    elif opcode == OACK:
        print_options(d, p, 2, length)
    elif opcode == DATA or opcode == ACK:
        require(d, length, 4)
        say_value(d, b" block ", u16(d, p + 2))
    elif opcode == ERROR:
        require(d, length, 4)
        need(d, p + 2, 2)
        say_char(d, b' ')
        say_named_or(d, &ERRORS, u16(d, p + 2), b"tftp-err-#", b' "')
        require(d, length, 5)
        say(d, b' "')
        print_string(d, p, 4, length, b'"')


cdef inline void require(Dissection *d, uint32_t length, uint32_t wanted) noexcept nogil:
    """The packet must be so long by its length on the wire."""
    if wanted > length:
        truncated(d)


cdef uint32_t print_string(Dissection *d, const uint8_t *p, uint32_t at, uint32_t length,
                           const char *quote) noexcept nogil:
    """Text up to a NUL, and the quote that closes it; returns where it ends."""
    while at < length and has(d, p + at, 1):
        if p[at] == 0:
            say(d, quote)
            return at + 1
        say_safe_char(d, p[at])
        at += 1
    say(d, quote)
    truncated(d)
    return at


cdef void print_options(Dissection *d, const uint8_t *p, uint32_t at, uint32_t length) noexcept nogil:
    """Names and values of options, if there are any."""
    while at < length:
        if u8(d, p + at):
            say_char(d, b' ')
        at = print_string(d, p, at, length, b"")


export_printer(__name__, "print_tftp", print_tftp)
