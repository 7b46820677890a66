"""Link types without a header: raw IP (LINKTYPE_RAW, LINKTYPE_IPV4, LINKTYPE_IPV6)."""

from ptcpdump.printers.core cimport *


cdef void print_raw(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"raw"
    cdef uint32_t version = u8(d, p) >> 4
    if version == 4:
        if d.opt.link_header:
            say(d, b"IP ")
        dispatch(LAYER_ETHERTYPE, 0x0800, d, p, length)
    elif version == 6:
        if d.opt.link_header:
            say(d, b"IP6 ")
        dispatch(LAYER_ETHERTYPE, 0x86dd, d, p, length)
    else:
        say(d, b"unknown ip ")
        say_dec(d, version)


register_native(LAYER_LINKTYPE, 101, print_raw)
register_native(LAYER_LINKTYPE, 228, print_raw)
register_native(LAYER_LINKTYPE, 229, print_raw)
