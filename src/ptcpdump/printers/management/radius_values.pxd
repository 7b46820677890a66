# The values of RADIUS attributes, each in the form of its kind.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.dissection cimport Dissection

# False: the value ends before what must stand in it. Nothing is said of kinds without a form.
cdef bint print_value(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil
