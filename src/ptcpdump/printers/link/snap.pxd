# The subnetwork access protocol behind an LLC header.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.core cimport Dissection

cdef enum:
    SNAP_LENGTH = 5         # bytes of its header

# Print the header and what follows it; False when nobody knows that. source and target: 6-byte addresses or NULL.
cdef bint print_snap(
    Dissection *d, const uint8_t *p, uint32_t length, const uint8_t *source, const uint8_t *target) noexcept nogil

# "name (0xvalue)", "Unknown" for no name.
