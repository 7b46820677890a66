# The fields of a packet's owner.
from libc.stdint cimport uint32_t


# Bytes that an owner takes where packets are columns, about.
cdef struct Weight:
    uint32_t once               # for all of its packets together
    uint32_t each               # for each of them: lists are spelled out


cdef Weight weight_of(context)
