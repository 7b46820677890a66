# Options of DHCPv6 that hold no other options.
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from ptcpdump.printers.base.dissection cimport Dissection

# False: an option ends before its content does, which tcpdump marks before it goes on behind the group of options.
# Nothing is said of kinds that are not known.
cdef bint print_content(Dissection *d, uint16_t kind, const uint8_t *p, uint32_t length) noexcept nogil
cdef void say_option(Dissection *d, uint16_t kind) noexcept nogil                  # its name
