# Updates of BGP, and what other messages of it have in common with them.
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from ptcpdump.printers.base.dissection cimport Dissection

cdef void say_family(Dissection *d, uint16_t afi, uint8_t safi) noexcept nogil     # "AFI IPv4 (1), SAFI Unicast (1)"
cdef void say_as_number(Dissection *d, uint32_t number) noexcept nogil             # with -b as asdot
cdef void print_update(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
