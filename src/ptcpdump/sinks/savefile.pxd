# What the writers of savefiles have in common: the output file and its rotation.
from libc.stdint cimport int64_t, uint64_t
from ptcpdump.sinks.output cimport Output
from ptcpdump.sinks.sink cimport Sink


cdef class SavefileSink(Sink):
    cdef readonly Output output
    cdef object rotation            # None: one file only
    cdef uint64_t size_limit        # bytes; 0: none
    cdef double deadline            # rotation.deadline, infinite without -G
    cdef bint immediate
    cdef str compress               # what with; empty: not
    cdef dict interfaces            # by row of the interface table
    cdef bint closed

    # Called before each packet.
    cdef inline int turn(self) except -1 nogil:
        if self.rotation is not None:
            return self.turn_if_due()
        return 0

    cdef int turn_if_due(self) except -1 nogil
    cdef bint is_full(self) noexcept nogil      # whether a file that is larger than it should be may be followed by another
    cdef int open(self, path) except -1
    cdef int change_file(self) except -1
    cdef int end_file(self) except -1   # finish this one now; the next one begins later
    cdef int begin(self) except -1      # write what stands at the start of every file
    cdef int finish(self) except -1     # write what stands at its end
