"""UDP (RFC 768): the header, and who prints what it carries."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.ends cimport say_addresses, say_ends


cdef void print_udp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t size
    d.protocol = b"udp"
    if not has(d, p, 4):
        if d.network != NULL and d.network[9 if d.network_version == 4 else 6] == 17:
            say_addresses(d)
            say_char(d, b' ')
        say_mark(d)
        return
    d.sport = u16(d, p)
    d.dport = u16(d, p + 2)
    d.over_tcp = False
    say_ends(d, 17, d.sport, d.dport)
    if length < 8:
        say(d, b"truncated-udp ")
        say_dec(d, length)
        return
    size = u16(d, p + 4)
    if size == 0 and length > 65535:
        size = length       # a jumbogram (RFC 2675, section 4)
    if size < 8:
        say(d, b"truncated-udplength ")
        say_dec(d, size)
        return
    size -= 8
    length = min(length - 8, size)
    need(d, p, 8)
    if d.opt.force and dispatch(LAYER_UDP_FORCED, d.opt.force, d, p + 8, length):
        return
    if d.opt.verbose and not d.opt.no_checksums and not d.fragmented:
        print_checksum(d, p, length)
    if d.opt.quiet or not dispatch_ports(LAYER_UDP_PORT, d, p + 8, length):
        say(d, b"UDP, ")
        if size > length and not d.fragmented:
            say(d, b"bad length ")
            say_dec(d, size)
            say(d, b" > ")
            say_dec(d, length)
        else:
            say(d, b"length ")
            say_dec(d, size)


cdef void print_checksum(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Whether the checksum is right: over IPv4 with -vv only, over IPv6, where it must be there, with -v.

    length: of the payload.
    """
    cdef uint16_t found = u16(d, p + 6)
    cdef uint16_t sum
    if d.network_version == 4:
        if d.opt.verbose < 2:
            return
        if found == 0:
            say(d, b"[no cksum] ")
            return
    if d.network_version == 0 or not has(d, p, length + 8):
        return
    sum = checksum(p, length + 8, pseudo_sum(d, 17, length + 8))
    if sum == 0:
        say(d, b"[udp sum ok] ")
        return
    say(d, b"[bad udp cksum 0x")
    say_hex(d, found, 4)
    say(d, b" -> 0x")
    say_hex(d, should_be(found, sum), 4)
    say(d, b"!] ")


export_printer(__name__, "print_udp", print_udp)
