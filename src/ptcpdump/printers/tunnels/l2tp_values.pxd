# Values in control messages of L2TP.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.dissection cimport Dissection

# The name of an attribute, and in parentheses its value of `size` bytes, which have been captured.
cdef void print_value(Dissection *d, uint32_t kind, bint hidden, const uint8_t *p, uint32_t size) noexcept nogil
