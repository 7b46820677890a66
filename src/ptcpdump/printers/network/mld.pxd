from ptcpdump.printers.base.core cimport Dissection
from libc.stdint cimport uint8_t, uint32_t

# Each gets the ICMPv6 header at p and writes what follows the message's name
cdef void print_mld_query(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
cdef void print_mld_report(Dissection *d, const uint8_t *p) noexcept nogil      # version 1: report and done
cdef void print_mld2_report(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
