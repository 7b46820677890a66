"""Apple's PKTAP: a header that tells the process, before a packet of another link type (LINKTYPE_PKTAP)."""

from ptcpdump.printers.base.core cimport *

cdef enum:
    HEADER = 108
    RECORD_NONE = 0
    RECORD_PACKET = 1


cdef const char *dlt_name(uint32_t dlt) noexcept nogil:
    """Names that libpcap gives to DLT_ values, for those that interfaces have."""
    if dlt == 0:
        return b"NULL"
    elif dlt == 1:
        return b"EN10MB"
    elif dlt == 6:
        return b"IEEE802"
    elif dlt == 8:
        return b"SLIP"
    elif dlt == 9:
        return b"PPP"
    elif dlt == 10:
        return b"FDDI"
    elif dlt == 12:
        return b"RAW"
    elif dlt == 50:
        return b"PPP_SERIAL"
    elif dlt == 51:
        return b"PPP_ETHER"
    elif dlt == 104:
        return b"C_HDLC"
    elif dlt == 105:
        return b"IEEE802_11"
    elif dlt == 108:
        return b"LOOP"
    elif dlt == 113:
        return b"LINUX_SLL"
    elif dlt == 117:
        return b"PFLOG"
    elif dlt == 122:
        return b"IP_OVER_FC"
    elif dlt == 127:
        return b"IEEE802_11_RADIO"
    elif dlt == 138:
        return b"APPLE_IP_OVER_IEEE1394"
    elif dlt == 149:
        return b"USER2"
    elif dlt == 189:
        return b"USB_LINUX"
    elif dlt == 192:
        return b"PPI"
    elif dlt == 228:
        return b"IPV4"
    elif dlt == 229:
        return b"IPV6"
    elif dlt == 239:
        return b"NFLOG"
    elif dlt == 258:
        return b"PKTAP"
    elif dlt == 276:
        return b"LINUX_SLL2"
    return b"UNKNOWN"


cdef void say_header(Dissection *d, uint32_t dlt, uint32_t header, uint32_t length) noexcept nogil:
    if d.opt.quiet:
        say(d, dlt_name(dlt))
    else:
        say(d, b"DLT ")
        say(d, dlt_name(dlt))
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
