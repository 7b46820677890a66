"""Link types without a header: raw IP (LINKTYPE_RAW), raw IPv4 and raw IPv6 (LINKTYPE_IPV4, LINKTYPE_IPV6)."""

from ptcpdump.printers.base.core cimport *


cdef void print_raw4(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    if d.opt.link_header:
        say(d, b"IP ")
    dispatch(LAYER_ETHERTYPE, 0x0800, d, p, length)


cdef void print_raw6(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    if d.opt.link_header:
        say(d, b"IP6 ")
    dispatch(LAYER_ETHERTYPE, 0x86dd, d, p, length)


cdef void print_raw(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"raw"
    cdef uint32_t version = u8(d, p) >> 4
    if version == 4:
        print_raw4(d, p, length)
    elif version == 6:
        print_raw6(d, p, length)
    else:
        say(d, b"IP")
        say_dec(d, version)
        say_invalid(d)


export_printer(__name__, "print_raw", print_raw)
export_printer(__name__, "print_raw4", print_raw4)
export_printer(__name__, "print_raw6", print_raw6)
