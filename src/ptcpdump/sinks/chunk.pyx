"""Packets kept in memory, with all that a savefile takes of them: what the recorder (--keep) is made of.

A recorder forgets whole chunks. So each has its own copies of what is known of its packets' owners: texts of the context
stage are valid for a time only, and go with the chunk that has packets of theirs.
"""

from libc.string cimport memcpy, memset

from ptcpdump.buffer cimport buffer_free, buffer_room, put_bytes
from ptcpdump.packet cimport MOST_FURTHER, Span, no_owner


cdef enum:
    MASK = SLOTS - 1
    ALONE = SLOTS               # instead of a slot: the text is of one packet

cdef struct Kept:
    int64_t time
    uint32_t captured
    uint32_t length
    uint32_t interface
    uint32_t linktype
    uint32_t text               # number of the owner's text, from 1 on; 0: nothing is known
    uint32_t others             # bytes of other options
    uint32_t direction
    uint32_t further            # owners beside the first: as many numbers of texts follow


cdef inline size_t padded(size_t n) noexcept nogil:
    return (n + 7) & ~<size_t>7


cdef inline uint32_t slot_of(const void *context) noexcept nogil:
    cdef uint64_t h = <uint64_t>context * <uint64_t>0x9e3779b97f4a7c15
    return <uint32_t>(h >> 40) & MASK


cdef KeptText keep_text(const ContextText *text):
    """A copy with memory of its own; it keeps the Context alive."""
    cdef KeptText kept = KeptText.__new__(KeptText)
    cdef Span *spans[8]
    cdef const char *at
    cdef int i
    cdef list pieces = []
    kept.text = text[0]
    kept.context = <object>text.context if text.context != NULL else None
    spans[0], spans[1], spans[2] = &kept.text.prefix, &kept.text.suffix, &kept.text.block
    spans[3], spans[4], spans[5] = &kept.text.options, &kept.text.process_block, &kept.text.parent_block
    spans[6], spans[7] = &kept.text.found_option, &kept.text.thread_option
    for i in range(8):
        if spans[i].len:
            pieces.append(spans[i].data[:spans[i].len])
    kept.whole = b"".join(pieces)
    at = kept.whole
    for i in range(8):
        spans[i].data = at
        at += spans[i].len
    kept.text.foreign.data = kept.text.options.data + kept.text.options.len - kept.text.foreign.len
    return kept


cdef class Chunk:
    """most: bytes of memory, unless one packet needs more."""

    def __cinit__(self, uint64_t most):
        self.most = most
        self.owners = []

    def __dealloc__(self):
        buffer_free(&self.data)
        buffer_free(&self.texts)

    cdef bint full_for(self, const Packet *p) noexcept nogil:
        cdef size_t more = sizeof(Kept) + p.captured + p.others.len + p.also_count * sizeof(uint32_t) + 8
        return self.count != 0 and (self.size() + more > self.most or
                                    self.texts.len // sizeof(void *) >= SLOTS // 2)

    cdef int add(self, const Packet *p, uint32_t interface) except -1 nogil:
        cdef Kept kept
        cdef uint32_t further[MOST_FURTHER]
        cdef uint32_t i
        cdef size_t n = p.captured + p.others.len + p.also_count * sizeof(uint32_t)
        memset(&kept, 0, sizeof(kept))
        for i in range(p.also_count):
            further[i] = self.number_of(p.also[i])
        kept.further = p.also_count
        kept.text = self.number_of(p.context) if p.context != NULL else 0
        kept.time = p.time
        kept.captured = p.captured
        kept.length = p.length
        kept.interface = interface
        kept.linktype = p.linktype
        kept.others = p.others.len
        kept.direction = p.direction
        buffer_room(&self.data, sizeof(kept) + padded(n))
        put_bytes(&self.data, &kept, sizeof(kept))
        put_bytes(&self.data, further, p.also_count * sizeof(uint32_t))
        put_bytes(&self.data, p.data, p.captured)
        put_bytes(&self.data, p.others.data, p.others.len)
        self.data.len += padded(n) - n
        if self.count == 0 or p.time > self.last:
            self.last = p.time
        self.count += 1
        return 0

    cdef size_t read(self, size_t at, Packet *p) noexcept nogil:
        cdef const Kept *kept = <const Kept *>(self.data.data + at)
        cdef const uint32_t *further = <const uint32_t *>(kept + 1)
        cdef uint32_t i
        memset(p, 0, sizeof(p[0]))
        no_owner(p)
        p.time = kept.time
        p.captured = kept.captured
        p.length = kept.length
        p.interface = kept.interface
        p.linktype = kept.linktype
        p.direction = <uint8_t>kept.direction
        p.data = <const uint8_t *>(further + kept.further)
        p.others.data = <const char *>p.data + kept.captured
        p.others.len = kept.others
        if kept.text:
            p.context = (<const ContextText **>self.texts.data)[kept.text - 1]
        for i in range(kept.further):
            self.also[i] = (<const ContextText **>self.texts.data)[further[i] - 1]
        p.also = self.also
        p.also_count = kept.further
        return at + sizeof(Kept) + padded(kept.captured + kept.others + kept.further * sizeof(uint32_t))

    cdef uint64_t size(self) noexcept nogil:
        return self.data.len + self.text_bytes

    cdef uint32_t number_of(self, const ContextText *text) except? 0 nogil:
        cdef uint32_t slot = ALONE
        # packets of one Context have one text, if nothing but owners is said in it
        if text.foreign.len == 0 and text.context != NULL:
            slot = slot_of(text.context)
            while self.contexts[slot] != NULL:
                if self.contexts[slot] == text.context:
                    return self.numbers[slot]
                slot = (slot + 1) & MASK
        with gil:
            return self.learn(text, slot)

    cdef uint32_t learn(self, const ContextText *text, uint32_t slot) except? 0:
        cdef KeptText kept = keep_text(text)
        cdef const ContextText *copy = &kept.text
        if kept.context is None:        # there are many packets of which nothing but foreign comments is known
            slot = ALONE
        self.owners.append(kept)
        put_bytes(&self.texts, &copy, sizeof(copy))
        self.text_bytes += sizeof(ContextText) + <uint64_t>len(kept.whole)
        if slot != ALONE:
            self.contexts[slot] = text.context
            self.numbers[slot] = <uint32_t>len(self.owners)
        return <uint32_t>len(self.owners)
