"""IPv4 (RFC 791)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.ends cimport end_in_header
from ptcpdump.printers.network.ip_options cimport final_destination, print_ip_options
from ptcpdump.printers.network.ip_payload cimport ip_protocol_name, print_ip_payload, print_nested, say_ip_protocol

cdef enum:
    MORE_FRAGMENTS = 0x2000
    OFFSET = 0x1fff         # of the fragment, in units of 8 bytes


cdef void print_ip(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    print_nested(d, p, length, print_datagram)


cdef void print_datagram(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t header, total, offset
    cdef bint presumed = False
    d.protocol = b"ip"
    if u8(d, p) >> 4 != 4:
        print_wrong_version(d, p[0] >> 4)
        return
    if not d.opt.link_header:
        say(d, b"IP ")
    header = (p[0] & 15) * 4
    if length < 20:
        say(d, b" [length ")
        say_dec(d, length)
        say(d, b" < 20] (invalid)")
        return
    if header < 20:
        say(d, b" [header length ")
        say_dec(d, header)
        say(d, b" < 20] (invalid)")
        return
    total = u16(d, p + 2)
    if length < total:
        say(d, b"[total length ")
        say_dec(d, total)
        say(d, b" > length ")
        say_dec(d, length)
        say(d, b"] (invalid) ")
    if total == 0 and (u8(d, p + 9) == 6 or p[9] == 17):
        # The kernel leaves 0 here for what the network card will cut into segments (TSO), also above 65535 bytes.
        total = length
        presumed = True
    if total < header:
        say(d, b"[total length ")
        say_dec(d, total)
        say(d, b" < header length ")
        say_dec(d, header)
        say(d, b"] (invalid)")
        return
    need(d, p, 20)
    narrow(d, p, total)
    offset = p[6] << 8 | p[7]
    d.network = p
    d.network_version = 4
    d.network_plen = total - header
    d.destination = p + 16
    d.fragmented = offset & MORE_FRAGMENTS != 0
    d.ttl = p[8]
    if d.opt.verbose and not print_header(d, p, header, total, presumed):
        return
    total = min(total, length)  # the layer below has no more than that
    if offset & OFFSET:
        say_ip4(d, p + 12)
        say(d, b" > ")
        say_ip4(d, p + 16)
        say_char(d, b':')
        say_ip_protocol(d, p[9])
        return
    if not (p[9] == 6 or p[9] == 17 or p[9] == 132 or p[9] == 33):
        say_ip4(d, p + 12)
        say(d, b" > ")
        say_ip4(d, p + 16)
        say(d, b": ")
    if header > 20:
        if not has(d, p, header):
            end_in_header(d, p, header)
        d.destination = final_destination(d, p, header)
    print_ip_payload(d, p[9], p + header, total - header)


cdef void print_wrong_version(Dissection *d, uint32_t version) noexcept nogil:
    if version == 6:
        say(d, b"IP6, wrong link-layer encapsulation")
    else:
        say(d, b"IP")
        say_dec(d, version)
    say_invalid(d)


cdef bint print_header(Dissection *d, const uint8_t *p, uint32_t header, uint32_t total, bint presumed) noexcept nogil:
    """What -v adds, up to the line feed; False when the options are cut off and nothing more can be said."""
    cdef uint16_t sum
    cdef bint whole = True
    say(d, b"(tos 0x")
    say_hex(d, p[1], 1)
    if p[1] & 3:
        say(d, b",CE" if p[1] & 3 == 3 else b",ECT(0)" if p[1] & 2 else b",ECT(1)")
    if p[8]:
        say(d, b", ttl ")
        say_dec(d, p[8])
    say(d, b", id ")
    say_dec(d, p[4] << 8 | p[5])
    say(d, b", offset ")
    say_dec(d, ((p[6] & 0x1f) << 8 | p[7]) * 8)
    say(d, b", flags [")
    say_fragment_flags(d, p[6] >> 5)
    say(d, b"], proto ")
    say(d, ip_protocol_name(p[9]))
    say(d, b" (")
    say_dec(d, p[9])
    say(d, b"), length ")
    say_dec(d, total)
    if presumed:
        say(d, b" [was 0, presumed BIG TCP]" if total > 65535 else b" [was 0, presumed TSO]")
    if header > 20:
        say(d, b", options (")
        whole = print_ip_options(d, p + 20, header - 20)
        if not whole:
            say(d, b" [truncated-option]")
        say_char(d, b')')
    if not d.opt.no_checksums and has(d, p, header):
        sum = checksum(p, header, 0)
        if sum:
            say(d, b", bad cksum ")
            say_hex(d, p[10] << 8 | p[11], 1)
            say(d, b" (->")
            say_hex(d, should_be(<uint16_t>(p[10] << 8 | p[11]), sum), 1)
            say(d, b")!")
    say_either(d, d.opt.ip_oneline, b") ", b")\n    ")
    if not whole:
        say_ip4(d, p + 12)
        say(d, b" > ")
        say_ip4(d, p + 16)
        say(d, b": ")
        say_mark(d)
    return whole


cdef void say_fragment_flags(Dissection *d, uint32_t flags) noexcept nogil:
    """The three bits before the fragment offset; the first one is the "evil bit" of RFC 3514."""
    cdef bint first = True
    if flags == 0:
        say(d, b"none")
        return
    if flags & 1:
        say_char(d, b'+')
        first = False
    if flags & 2:
        say(d, b"DF" if first else b", DF")
        first = False
    if flags & 4:
        say(d, b"rsvd" if first else b", rsvd")


export_printer(__name__, "print_ip", print_ip)
