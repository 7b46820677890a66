# What is told of an owner where each packet repeats it.
from libc.stdint cimport uint32_t


cdef class CommandLine:
    cdef list words             # its arguments
    cdef str text               # joined by blanks
    cdef bint cut               # there are more of them


# Bytes that an owner takes where packets are columns, about.
cdef struct Weight:
    uint32_t once               # for all of its packets together
    uint32_t each               # for each of them: lists are spelled out


cpdef str plain(str text)
cdef str shown(str text)        # plain, and cut
cdef CommandLine command_line(tuple args)
cdef dict bounded(labels)
cdef list pairs(labels)         # the same as KEY:VALUE
cdef Weight weight_of(context)
