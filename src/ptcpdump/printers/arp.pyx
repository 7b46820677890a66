"""ARP and its relatives (RFC 826)."""

from ptcpdump.printers.core cimport *


cdef void print_arp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"arp"
    say(d, b"ARP, length ")
    say_dec(d, length)


register_native(LAYER_ETHERTYPE, 0x0806, print_arp)
