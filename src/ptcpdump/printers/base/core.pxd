# What every printer stands on, under one name: the dissection of a packet with its checked readers, what printers write
# with, checksums, and here the registry of printers and the printing of a packet.
from ptcpdump.printers.base.checksums cimport *
from ptcpdump.printers.base.dissection cimport *
from ptcpdump.printers.base.say cimport *


cdef enum Layer:
    LAYER_LINKTYPE = 0      # key: LINKTYPE_ value
    LAYER_ETHERTYPE = 1
    LAYER_IP_PROTOCOL = 2
    LAYER_TCP_PORT = 3
    LAYER_UDP_PORT = 4
    LAYER_UDP_FORCED = 5    # key: forced_type(name), -T name
    LAYER_TCP_FORCED = 6
    LAYER_PPP_PROTOCOL = 7
    LAYER_LLC = 8           # key: SAP below 256 (unnumbered information), or the protocol number of Cisco's SNAP
    LAYER_ICMP6_TYPE = 9    # p: the ICMPv6 header; its name is printed already
    LAYERS = 10


# What calling a printer by its number came to (printers.view)
cdef enum Called:
    CALL_DONE = 0
    CALL_TRUNCATED = 1
    CALL_NATIVE = 2         # nothing was printed: it is a printer in C, here it is
    CALL_FAILED = 3         # nothing is printed: an error of the printer's, which has been told

ctypedef Called (*Caller)(int number, Dissection *d, const uint8_t *p, uint32_t length, Printer *native) noexcept with gil

cdef void set_caller(Caller caller) noexcept
cdef int put_slot(Layer layer, uint32_t key, int number, uint8_t rank, bint destination_only) except -1
cdef bint withdraw(int number) noexcept
# A module of C printers names each one that stands in the registry, so that the row finds it
cdef int export_printer(str module, str name, Printer printer) except -1
cdef Printer exported(str target) noexcept                         # "package.module:function"; NULL: none of that name
cdef bint known(Layer layer, uint32_t key) noexcept nogil          # whether somebody prints this
cdef bint dispatch(Layer layer, uint32_t key, Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
# The same for the printer of one of the ports d.sport and d.dport
cdef bint dispatch_ports(Layer layer, Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
# dispatch() that comes back with -1 when the packet is truncated: a longjmp must not pass over Python's frames
cdef int guarded(Layer layer, uint32_t key, Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
cpdef int forced_type(str name) except -1                           # raises ValueError for an unknown -T name

# Print one packet: link header to payload, then the hex dump that the options ask for. No line feed at the end.
cdef void print_packet(Dissection *d, const Packet *packet) noexcept nogil

# Its two halves, for a caller that has something to write between them.
cdef void print_protocols(Dissection *d, const Packet *packet) noexcept nogil
cdef void print_bytes(Dissection *d, const Packet *packet) noexcept nogil
