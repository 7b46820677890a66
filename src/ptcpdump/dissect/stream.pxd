# One direction of a TCP connection put together (stream.pyx), for Cython modules that have segments as C.
from libc.stdint cimport int64_t, uint8_t, uint32_t


cdef class Stream:
    cdef readonly bint started, ended
    cdef readonly bint midstream            # began with data, not with a SYN
    cdef readonly int64_t offset            # bytes delivered or given up so far: where the next ones belong
    cdef readonly int64_t held              # what is held back costs, in bytes
    cdef readonly int64_t last              # time of the last segment that was taken, ns
    cdef uint32_t next                      # sequence number of the byte at `offset`
    cdef int64_t finish                     # offset at which the sender has finished, -1: not known yet
    cdef list pieces                        # held back: Piece, in order, none overlaps another
    cdef int64_t hold, limit
    cdef int64_t counted                    # of `held`, what Streams has counted

    # The events that a segment brings about; data: `captured` of its `length` bytes of payload. time: ns.
    cdef list take(self, uint32_t seq, uint32_t flags, const uint8_t *data, uint32_t captured, uint32_t length, int64_t time)
    cdef int64_t waiting_since(self)        # since when a hole keeps data back, ns; -1: nothing is held back
    cdef int64_t extent(self)               # offset behind everything that was seen
    cdef bint skip_hole(self, list events) except -1
    cdef int finish_with(self, str reason, list events) except -1
    cdef int pass_over(self, int64_t end, list events) except -1
    cdef int end_here(self, str reason, list events) except -1
    cdef int begin(self, uint32_t next, bint midstream, list events) except -1
    cdef int keep(self, int64_t start, const uint8_t *data, uint32_t captured, uint32_t length, int64_t time) except -1
    cdef Py_ssize_t piece_behind(self, int64_t offset)
    cdef int add_piece(self, Py_ssize_t index, int64_t start, int64_t end, bytes data, int64_t time) except -1
    cdef int deliver(self, list events) except -1
