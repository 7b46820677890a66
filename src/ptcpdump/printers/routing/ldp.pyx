"""Label Distribution Protocol (RFC 5036) over UDP: the headers of its PDUs; their messages are not decoded."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ptcpdump.printers.base.core cimport *

cdef enum:
    HEADER = 10
    MESSAGE_HEADER = 8


cdef void print_ldp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A packet from or to port 646: the header of the first PDU, with -v of each that has room for a message."""
    cdef uint32_t size
    cdef uint16_t version
    d.protocol = b"ldp"
    while length > HEADER + MESSAGE_HEADER:
        need(d, p, HEADER)
        version = u16(d, p)
        if d.opt.verbose:
            say(d, b"\n\t")
        if version != 1:
            say_value(d, b"LDP version ", version)
            say(d, b" packet not supported")
            return
        say(d, b"LDP, Label-Space-ID: ")
        say_ip4(d, p + 4)
        say_value(d, b":", u16(d, p + 8))
        size = u16(d, p + 2)
        say_value(d, b", pdu-length: ", size)
        size += 4               # version and length itself are not counted
        if not d.opt.verbose or size >= length:
            return
        p += size
        length -= size


export_printer(__name__, "print_ldp", print_ldp)
