# What the blocks of one savefile say of processes.
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.context.pid_table cimport PidTable


# A process as a block has described it.
cdef struct Said:
    uint8_t *body           # of the block; NULL: it is forgotten
    void *context           # the Context that it says, without a parent that has a block of its own; NULL: nobody has asked
    uint64_t parent         # number of the parent, as it was described then; 0: it was not
    size_t size             # bytes that this takes, about
    uint32_t length         # of the body
    uint32_t parent_pid     # 0: not told
    bint apple              # of Apple's kind of block
    bint swapped            # the section's byte order is not this machine's


cdef class Processes:
    cdef Said *said                     # a ring of MOST
    cdef uint64_t base                  # numbers are this and more
    cdef uint64_t first                 # the oldest that is remembered, counted from 0 on
    cdef uint64_t count                 # that were described so far
    cdef size_t bytes
    cdef readonly PidTable pids         # of this section: `whole` is the number of the last block on that pid
    cdef Buffer naming                  # uint64_t: numbers of blocks of this section that may name threads and were not asked
    cdef object threads                 # OrderedDict of Thread by pid and tid, of this section

    cdef int begin_section(self) except -1
    # The number of the process that a custom block's body describes; 0 for one of another kind. swapped: see Said.
    cdef uint64_t described(self, const uint8_t *body, uint32_t n, bint swapped) except? 0
    # Likewise of Apple's process block.
    cdef uint64_t apple(self, const uint8_t *body, uint32_t n, bint swapped) except 0
    cdef uint64_t keep(self, const uint8_t *body, uint32_t n) except 0
    cdef Said *find(self, uint64_t number) noexcept nogil
    cdef object understood(self, Said *said)
    cdef object name_threads(self)
    cdef int forget(self, size_t most) except -1
