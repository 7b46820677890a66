from ptcpdump.printers.base.core cimport Dissection
from libc.stdint cimport uint8_t, int64_t

# Neighbor discovery options from p on, `length` bytes of them by the header's word (may be negative)
cdef void print_nd_options(Dissection *d, const uint8_t *p, int64_t length) noexcept nogil
cdef void print_router_advertisement(Dissection *d, const uint8_t *p) noexcept nogil   # -v: behind the name
