from libc.stdint cimport int64_t, uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.sinks.known_names cimport KnownNames
from ptcpdump.sinks.known_processes cimport KnownProcesses
from ptcpdump.sinks.savefile cimport SavefileSink


cdef class PcapngSink(SavefileSink):
    cdef KnownProcesses processes
    cdef KnownNames names       # None: no names are written
    cdef str command
    cdef list notes             # what else a section header says
    cdef readonly bint begun    # a section header is written
    cdef dict statistics        # by row: net.interface.Statistics
    cdef object ask             # has them brought up to date; None: whoever knows tells them in time
    cdef object secrets         # (kind, bytes) so far, repeated in each file
    cdef size_t secret_bytes
    cdef bint without_secrets   # they are left out
    cdef uint64_t of_packets    # bytes of this file's packet blocks
    cdef uint64_t repeated      # and of what stands before them in each file: secrets, interfaces, processes
    cdef Buffer numbers         # of each row's interface in this file: uint32_t, from 1 on; 0: not described yet
    cdef uint32_t described     # interfaces in this file
    cdef set linktypes          # theirs
    cdef int64_t last_time      # of the packets written

    # Begin a file with these notes: the first one, if deferred, or one after end_file().
    cdef int next_section(self, list notes) except -1
    cdef int block(self, uint32_t kind, bytes body) except -1
    cdef uint32_t number(self, uint32_t row) noexcept nogil
    cdef int describe(self, uint32_t row) except -1
    cdef int describe_statistics(self, uint32_t row) except -1
