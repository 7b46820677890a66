"""EAP over LANs (IEEE 802.1X section 11)."""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.link.eap cimport print_eap

cdef Names KINDS = names({
    0: b"EAP packet", 1: b"EAPOL start", 2: b"EAPOL logoff", 3: b"EAPOL key", 4: b"Encapsulated ASF alert"})
cdef enum:
    EAP_PACKET = 0


cdef void print_eapol(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The header, and with -v the EAP packet in it."""
    cdef uint8_t kind
    d.protocol = b"eap"
    need(d, p, 4)
    kind, length = u8(d, p + 1), u16(d, p + 2)
    say(d, name_of(&KINDS, kind, b"unknown"))
    say_value(d, b" (", kind)
    say_value(d, b") v", u8(d, p))
    say_value(d, b", len ", length)
    if d.opt.verbose and kind == EAP_PACKET and length:
        say(d, b", ")
        if not print_eap(d, p + 4, length):
            say_mark(d)


export_printer(__name__, "print_eapol", print_eapol)
