from ptcpdump.printers.base.core cimport Dissection, uint8_t, uint16_t, uint32_t

# "10.0.0.1.80 > 10.0.0.2.5000: ", the ends of a TCP segment (protocol 6) or UDP datagram (17). The addresses are left
# out when that protocol doesn't follow the IP header at once, for then the IP printer has written them.
cdef void say_ends(Dissection *d, uint8_t protocol, uint16_t sport, uint16_t dport) noexcept nogil
cdef void say_addresses(Dissection *d) noexcept nogil     # "10.0.0.1 > 10.0.0.2:", when the ports were cut off
# " [remaining caplen(20) < header length(32)]": a header at p, whose end was cut off; nothing more is printed of it.
cdef void end_in_header(Dissection *d, const uint8_t *p, uint32_t header) noexcept nogil
# One address of the network header, nothing where there is none
cdef void say_source(Dissection *d) noexcept nogil
cdef void say_destination(Dissection *d) noexcept nogil
