from ptcpdump.printers.base.core cimport Dissection, int64_t, uint8_t

cdef int64_t print_routing(Dissection *d, const uint8_t *p) noexcept nogil   # bytes of the header, or -1: no way on
