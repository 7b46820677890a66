from libc.stdint cimport int64_t


cdef class Piece:
    cdef readonly int direction
    cdef readonly int64_t stream
    cdef readonly bint last
    cdef bytes first
    cdef list more              # bytes behind the first ones

    cdef bytes whole(self)
