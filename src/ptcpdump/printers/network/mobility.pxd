from ptcpdump.printers.base.core cimport Dissection, uint8_t

cdef void print_mobility(Dissection *d, const uint8_t *p) noexcept nogil
