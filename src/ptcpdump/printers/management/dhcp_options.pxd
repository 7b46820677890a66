# The data of DHCPv4's options, each in the form of its tag.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.dissection cimport Dissection

# Print `length` bytes, which have been captured; returns how many of them it had no use for.
cdef uint32_t print_data(Dissection *d, uint8_t tag, const uint8_t *p, uint32_t length) noexcept nogil
