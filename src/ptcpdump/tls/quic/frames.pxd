from libc.stdint cimport int64_t


cdef class Crypto:
    cdef readonly int64_t offset
    cdef readonly bytes data


cdef class StreamData:
    cdef readonly int64_t stream, offset
    cdef readonly bytes data
    cdef readonly bint last


cdef class Reset:
    cdef readonly int64_t stream


cdef class NewId:
    cdef readonly bytes id


cdef class Datagram:
    cdef readonly bytes data


cdef class Close:
    pass
