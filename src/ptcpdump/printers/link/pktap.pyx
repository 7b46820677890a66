"""Apple's PKTAP: a header that tells the process, before a packet of another link type (LINKTYPE_PKTAP)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names

cdef enum:
    HEADER = 108
    RECORD_NONE = 0
    RECORD_PACKET = 1


# Names that libpcap gives to DLT_ values, for those that interfaces have.
cdef Names DLTS = names({
    0: b"NULL", 1: b"EN10MB", 6: b"IEEE802", 8: b"SLIP", 9: b"PPP", 10: b"FDDI", 12: b"RAW", 50: b"PPP_SERIAL",
    51: b"PPP_ETHER", 104: b"C_HDLC", 105: b"IEEE802_11", 108: b"LOOP", 113: b"LINUX_SLL", 117: b"PFLOG",
    122: b"IP_OVER_FC", 127: b"IEEE802_11_RADIO", 138: b"APPLE_IP_OVER_IEEE1394", 149: b"USER2", 189: b"USB_LINUX",
    192: b"PPI", 228: b"IPV4", 229: b"IPV6", 239: b"NFLOG", 258: b"PKTAP", 276: b"LINUX_SLL2",
})


cdef void say_header(Dissection *d, uint32_t dlt, uint32_t header, uint32_t length) noexcept nogil:
    if d.opt.quiet:
        say(d, name_of(&DLTS, dlt, b"UNKNOWN"))
    else:
        say(d, b"DLT ")
        say(d, name_of(&DLTS, dlt, b"UNKNOWN"))
        say(d, b" (")
        say_dec(d, dlt)
        say(d, b") len ")
        say_dec(d, header)
    say(d, b", length ")
    say_dec(d, length)
    say(d, b": ")


cdef void say_wrong(Dissection *d, const char *what, uint32_t is_, const char *relation, uint32_t than) noexcept nogil:
    say(d, what)
    say_dec(d, is_)
    say(d, relation)
    say_dec(d, than)
    say_char(d, b')')
    say_invalid(d)


cdef void print_pktap(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"pktap"
    if length < HEADER:
        say_wrong(d, b" (packet too short, ", length, b" < ", HEADER)
        return
    need(d, p, 12)
    cdef uint32_t header = le32(d, p), record = le32(d, p + 4), dlt = le32(d, p + 8)
    cdef uint32_t inner = 101 if dlt == 12 else dlt     # DLT_RAW is the one whose LINKTYPE_ value differs here
    if header < HEADER:
        say_wrong(d, b" (pkt_len too small, ", header, b" < ", HEADER)
        return
    if header > length:
        say_wrong(d, b" (pkt_len too big, ", header, b" > ", length)
        return
    need(d, p, header)
    if d.opt.link_header:
        say_header(d, dlt, header, length)
    p += header
    length -= header
    d.link_header += header
    if record == RECORD_NONE:
        say(d, b"no data")
    elif record == RECORD_PACKET:
        if not enter(d):
            return
        if not dispatch(LAYER_LINKTYPE, inner, d, p, length):
            if not d.opt.link_header:
                say_header(d, dlt, header, length + header)
            say_default(d, p, left(d, p))
        leave(d)


export_printer(__name__, "print_pktap", print_pktap)
