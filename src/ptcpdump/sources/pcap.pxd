from libc.stdint cimport int64_t, uint32_t
from ptcpdump.sources.reader cimport SavefileReader


cdef class PcapReader(SavefileReader):
    cdef uint32_t header        # bytes of a record's header: 16, or 24 in Kuznetzov's format
    cdef uint32_t linktype
    cdef uint32_t row           # of the interface table
    cdef uint32_t snaplen
    cdef int64_t tick           # nanoseconds of one unit of the second time field
    cdef uint32_t lengths       # how the two length fields are ordered, see LENGTHS_*

    cdef int version(self, int major, int minor) except -1
