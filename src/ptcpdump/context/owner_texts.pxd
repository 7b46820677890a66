# From the owner key of a packet captured live to its ready-made text.
from libc.stdint cimport uint32_t, uint64_t
from ptcpdump.context.text_cache cimport ContextCache
from ptcpdump.packet cimport ContextText, OwnerKey


cdef struct Known:
    OwnerKey key
    const ContextText *text     # NULL: the slot is free
    uint64_t since              # CLOCK_MONOTONIC ns between which the text holds
    uint64_t until


cdef class OwnerTexts:
    cdef ContextCache cache
    cdef object processes
    cdef object resolve
    cdef Known *known           # open addressing, linear probing
    cdef uint32_t count
    cdef uint64_t rounds        # how often all texts have been forgotten
    cdef dict by_process        # process instance: the set of slots that depend on it

    # Text of an owner at a time (CLOCK_MONOTONIC ns). Valid until all are forgotten, which `rounds` tells.
    cdef const ContextText *find(self, const OwnerKey *owner, uint64_t time) except NULL nogil
    cdef const ContextText *learn(self, const OwnerKey *owner, uint64_t time, uint32_t slot) except NULL
