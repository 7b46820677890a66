# The security tag of IEEE 802.1AE behind EtherType 0x88e5.
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.core cimport Dissection

cdef enum:
    MACSEC_CLEAR = 0        # what follows is a readable EtherType
    MACSEC_ENCRYPTED = 1    # what follows can't be read
    MACSEC_BAD = 2          # truncated or invalid: said already, nothing follows

# Print the tag at *p, behind the frame's EtherType, and move *p and *length to what follows it.
cdef int print_macsec(Dissection *d, const uint8_t **p, uint32_t *length) noexcept nogil
