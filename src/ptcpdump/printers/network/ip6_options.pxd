from ptcpdump.printers.base.core cimport Dissection, int64_t, uint8_t, uint32_t

# Bytes of the header, or -1 when there is no way on. payload: in, the length in the IPv6 header; out, that of a jumbogram
cdef int64_t print_hop_by_hop(Dissection *d, const uint8_t *p, uint32_t *payload) noexcept nogil
cdef int64_t print_destination_options(Dissection *d, const uint8_t *p) noexcept nogil
