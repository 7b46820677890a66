# The stage between a run's filter and its sinks: whose a packet is, as ready-made text.
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.context.owner_texts cimport OwnerTexts
from ptcpdump.context.text_cache cimport ContextCache
from ptcpdump.context.texts cimport Texts
from ptcpdump.packet cimport MOST_FURTHER, ContextText, Packet, Span


cdef class ContextStage:
    cdef readonly OwnerTexts owners     # None: nothing is captured live
    cdef ContextCache comments          # of savefiles in this machine's byte order
    cdef ContextCache swapped           # and in the other one; None as long as there are none
    cdef ContextCache known             # of packets made in Python; likewise
    cdef ContextCache described         # of processes that blocks of a savefile describe; likewise
    cdef Buffer key                     # what that one is asked with
    cdef object knower                  # the sources.processes.Processes that `described` asks
    cdef object asked                   # the context that `known` is asked for
    cdef const ContextText *also[MOST_FURTHER]  # of the last packet
    cdef Texts texts

    # Set p.context by what the source says of the packet's owner. The text stays valid until the next packet.
    cdef inline int look_up(self, Packet *p) except -1 nogil:
        if p.owner != NULL:
            if self.owners is not None:
                p.context = self.owners.find(p.owner, p.monotonic)
                if p.other != NULL:
                    return self.look_up_other(p)
        elif p.process:
            return self.look_up_process(p)
        elif p.comments.len:
            if p.swapped:
                return self.look_up_rare(p)
            p.context = self.comments.find(<const uint8_t *>p.comments.data, p.comments.len)
        elif p.known != NULL:
            return self.look_up_rare(p)
        return 0

    cdef int look_up_rare(self, Packet *p) except -1 nogil
    cdef int look_up_process(self, Packet *p) except -1 nogil
    cdef int look_up_other(self, Packet *p) except -1 nogil
    cdef const ContextText *text_of_process(self, Packet *p, uint64_t process, uint32_t tid, const Span *comments) except NULL nogil


# The Context behind a text; None when there is none.
cdef inline object context_of(const ContextText *text):
    return <object>text.context if text != NULL else None
