# Ethernet frames (IEEE 802.3, 802.1Q), wherever they stand: on the wire, in VXLAN, Geneve, GRE, PPP ...
from libc.stdint cimport uint8_t, uint32_t
from ptcpdump.printers.base.core cimport Dissection

# Print a frame; `length` on the wire, from the destination address on. Returns the bytes of its link-level header.
cdef uint32_t print_ether(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
