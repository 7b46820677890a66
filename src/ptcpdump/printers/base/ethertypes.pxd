# Names of EtherTypes as tcpdump prints them (numbers: IEEE registration authority, ieee-802-numbers of IANA).
from libc.stdint cimport uint32_t

cdef const char *ethertype_name(uint32_t type) noexcept nogil   # NULL: no name
