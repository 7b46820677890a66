"""Babel (RFC 8966): the names of a packet's parts, which are not decoded."""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names

cdef enum:
    MAGIC = 42
    PAD1 = 0

cdef Names TLVS = names(dict(enumerate((
    b"pad1", b"padN", b"ack-req", b"ack", b"hello", b"ihu", b"router-id", b"nh", b"update", b"route-request",
    b"seqno-request", b"tspc", b"hmac", b"ss-update", b"ss-request", b"ss-mh-request", b"mac", b"pc",
    b"challenge_request", b"challenge_reply"))))


cdef void print_babel(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A packet from or to port 6696 or 6697."""
    cdef uint32_t size
    cdef uint8_t version
    d.protocol = b"babel"
    say(d, b"babel")
    need(d, p, 4)
    if p[0] != MAGIC:
        say(d, b" invalid header")
        return
    version, size = p[1], u16(d, p + 2)
    say_value(d, b" ", version)
    if version != 2:
        say(d, b" unknown version")
        return
    say_value(d, b" (", size)
    say_char(d, b')')
    if size + 4 > length:
        say_invalid(d)
        return
    print_parts(d, p + 4, size)


cdef void print_parts(Dissection *d, const uint8_t *p, uint32_t rest) noexcept nogil:
    """The names of the parts in `rest` bytes."""
    cdef uint32_t size
    cdef uint8_t kind
    while rest:
        kind, size = u8(d, p), 1
        if kind != PAD1:
            if rest < 2 or rest - 2 < u8(d, p + 1):
                say_invalid(d)
                return
            size = 2 + u8(d, p + 1)
            need(d, p, size)
        say_char(d, b' ')
        say(d, name_of(&TLVS, kind, b"unknown"))
        p += size
        rest -= size


export_printer(__name__, "print_babel", print_babel)
