"""TCP (RFC 9293): the header; its options and what segments carry have modules of their own."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.ends cimport end_in_header, say_addresses, say_ends
from ptcpdump.printers.transport.tcp_flows cimport Bases, find_bases
from ptcpdump.printers.transport.tcp_options cimport print_tcp_options
from ptcpdump.printers.transport.tcp_payload cimport print_reset_data, print_tcp_payload
from ptcpdump.buffer cimport write_dec, write_text

# "Flags [...]" for each combination of the nine flags, as tcpdump orders the letters, and its length.
cdef char flag_text[512][20]
cdef uint8_t flag_size[512]


cdef void fill_flags() noexcept:
    cdef bytes text
    cdef int flags
    for flags in range(512):
        letters = "".join(letter for letter, bit in zip("FSRP.UEWe", (1, 2, 4, 8, 16, 32, 64, 128, 256)) if flags & bit)
        text = f"Flags [{letters or 'none'}]".encode()
        memcpy(flag_text[flags], <const char *>text, len(text))
        flag_size[flags] = len(text)


fill_flags()


cdef void print_tcp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t header, flags, seq, ack
    cdef uint16_t sport, dport
    cdef Bases bases
    d.protocol = b"tcp"
    if not has(d, p, 4):
        say_addresses(d)
        say_mark(d)
        return
    sport = u16(d, p)
    dport = u16(d, p + 2)
    say_ends(d, 6, sport, dport)
    need(d, p, 20)
    header = (p[12] >> 4) * 4
    if header < 20:
        say(d, b" tcp ")
        say_dec(d, <uint32_t>(length - header))
        say(d, b" [bad hdr length ")
        say_dec(d, header)
        say(d, b" - too short, < 20]")
        return
    if d.opt.quiet:
        say(d, b"tcp ")
        say_dec(d, <uint32_t>(length - header))
        if header > length:
            print_too_long(d, header, length)
        return
    flags = u16(d, p + 12) & 0x1ff
    memcpy(buffer_room(d.out, sizeof(flag_text[0])), flag_text[flags], sizeof(flag_text[0]))  # a fixed size: at once
    d.out.len += flag_size[flags]
    seq = u32(d, p + 4)
    ack = u32(d, p + 8)
    bases.seq = bases.ack = 0
    bases.reverse = False
    if flags & TCP_ACK and not d.opt.absolute_seq and d.network != NULL:
        find_bases(d, sport, dport, seq, ack, flags & TCP_SYN, &bases)
        if bases.known:
            seq -= bases.ack if bases.reverse else bases.seq
            ack -= bases.seq if bases.reverse else bases.ack
    if header > length:
        print_too_long(d, header, length)
        return
    if d.opt.verbose and not d.opt.no_checksums and not d.fragmented and has(d, p, length):
        print_checksum(d, p, length)
    length -= header
    print_numbers(d, p, flags, seq, ack, length)
    if header > 20 and not print_tcp_options(d, p + 20, header - 20, flags, &bases):
        return
    say(d, b", length ")
    say_dec(d, length)
    if length == 0:
        return
    if not has(d, p, header):       # the rest of it, behind the end of the options, was cut off
        end_in_header(d, p, header)
    d.sport = sport
    d.dport = dport
    d.over_tcp = True
    if flags & TCP_RST:
        print_reset_data(d, p + header, length)
    else:
        print_tcp_payload(d, p + header, length)


cdef void print_too_long(Dissection *d, uint32_t header, uint32_t length) noexcept nogil:
    say(d, b" [bad hdr length ")
    say_dec(d, header)
    say(d, b" - too long, > ")
    say_dec(d, length)
    say_char(d, b']')


cdef void print_checksum(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The checksum of a segment captured whole, and what it should be."""
    cdef uint16_t found = u16(d, p + 16)
    cdef uint16_t sum = checksum(p, length, pseudo_sum(d, 6, length))
    say(d, b", cksum 0x")
    say_hex(d, found, 4)
    if sum == 0:
        say(d, b" (correct)")
    else:
        say(d, b" (incorrect -> 0x")
        say_hex(d, should_be(found, sum), 4)
        say_char(d, b')')


cdef void print_numbers(Dissection *d, const uint8_t *p, uint32_t flags, uint32_t seq, uint32_t ack,
                        uint32_t length) noexcept nogil:
    """Sequence and acknowledgement number, window and urgent pointer."""
    cdef char *to = buffer_room(d.out, 160)
    cdef uint32_t urgent = p[18] << 8 | p[19]
    if length or flags & (TCP_SYN | TCP_FIN | TCP_RST) or d.opt.verbose > 1:
        to = write_dec(write_text(to, b", seq "), seq)
        if length:
            to[0] = b':'
            to = write_dec(to + 1, seq + length)
    if flags & TCP_ACK:
        to = write_dec(write_text(to, b", ack "), ack)
    elif ack and d.opt.verbose > 1:
        to = write_dec(write_text(to, b", [ack "), ack)
        to = write_text(to, b" != 0 while ACK flag not set]")
    to = write_dec(write_text(to, b", win "), p[14] << 8 | p[15])
    if flags & TCP_URG:
        to = write_dec(write_text(to, b", urg "), urgent)
    elif urgent and d.opt.verbose > 1:
        to = write_dec(write_text(to, b", [urg "), urgent)
        to = write_text(to, b" != 0 while URG flag not set]")
    d.out.len = to - d.out.data


export_printer(__name__, "print_tcp", print_tcp)
