"""The stage between a run's filter and its sinks: whose a packet is, as ready-made text.

Sources say what they know of an owner in their own words (see Packet in packet.pxd): the kernel's owner key, comments of
a savefile, or a Context made in Python. Each becomes text once, when it is met first.
"""

from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memset

from ptcpdump.buffer cimport Buffer, buffer_free, put_bytes
from ptcpdump.context.comment_text cimport encode_comments
from ptcpdump.context.comments cimport completed, parse_comments
from ptcpdump.packet cimport Span

from ptcpdump.context.comments import BLANKS, KEYS


cdef enum:
    OPT_COMMENT = 1
    LONGEST_KEY = 32        # bytes in front of a colon, blanks included, that may say what a comment is about
    MOST_COMMENTS = 16      # of a packet that are looked at closely: context has six parts

# What a process of a savefile is asked for with, before the comments of the packet.
cdef struct ProcessKey:
    uint64_t process
    uint32_t tid
    uint32_t swapped


cdef bytes BLANK_BYTES = BLANKS.encode()


cdef class ContextStage:
    """Sets the context of packets.

    renderer: a context.render.Renderer, how contexts look. wanted(Context or None) says whether the run's owner filter
    lets an owner pass; without it all do. processes and resolve: see OwnerTexts; without them owners of packets that
    are captured live stay unknown.
    """

    def __cinit__(self, renderer not None, wanted=None, *, processes=None, resolve=None):
        self.texts = Texts(renderer, wanted)
        self.comments = ContextCache(_of_comments, self.texts)
        if resolve is not None:
            self.owners = OwnerTexts(self.comments, processes, resolve)

    def __dealloc__(self):
        buffer_free(&self.key)

    cdef int look_up_other(self, Packet *p) except -1 nogil:
        """Who has the other end of a packet that is captured live, if that is another process."""
        cdef uint64_t round = self.owners.rounds
        self.also[0] = self.owners.find(p.other, p.monotonic)
        if self.owners.rounds != round:     # the first text is gone
            p.context = self.owners.find(p.owner, p.monotonic)
        if self.also[0].pid and self.also[0].pid != p.context.pid:
            p.also = self.also
            p.also_count = 1
        return 0

    cdef int look_up_process(self, Packet *p) except -1 nogil:
        """A packet that leans on a process block: what its own comments say goes before what the block says."""
        cdef Span none
        cdef const ContextText *text
        cdef uint32_t i
        none.len = 0
        none.data = NULL
        p.context = self.text_of_process(p, p.process, p.tid, &p.comments)
        if not self.texts.saved:    # only files have them
            return 0
        p.also = self.also
        for i in range(p.further_count):
            text = self.text_of_process(p, p.further[i].process, p.further[i].tid, &none)
            if text.pid:        # else too many processes have been described since
                self.also[p.also_count] = text
                p.also_count += 1
        return 0

    cdef const ContextText *text_of_process(self, Packet *p, uint64_t process, uint32_t tid,
                                            const Span *comments) except NULL nogil:
        cdef ProcessKey key
        key.process = process
        key.tid = tid
        key.swapped = p.swapped
        self.key.len = 0
        put_bytes(&self.key, &key, sizeof(key))
        put_bytes(&self.key, comments.data, comments.len)
        if <void *>self.knower != p.processes:
            with gil:
                if self.described is None:
                    self.described = ContextCache(self._of_process, self.texts)
                self.knower = <object>p.processes
        return self.described.find(<const uint8_t *>self.key.data, self.key.len)

    def _of_process(self, key: bytes):
        cdef ProcessKey *asked = <ProcessKey *><const char *>key
        said, foreign = parsed(key[sizeof(ProcessKey):], asked.swapped)
        return completed(said, self.knower.context(asked.process, asked.tid)), foreign

    cdef int look_up_rare(self, Packet *p) except -1 nogil:
        with gil:
            if p.known != NULL:
                if self.known is None:
                    self.known = ContextCache(self._of_known, self.texts)
                # the cache keeps the Context alive, so no other one has its address meanwhile
                self.asked = <object>p.known
                p.context = self.known.find(<const uint8_t *>&p.known, sizeof(p.known))
            else:
                if self.swapped is None:
                    self.swapped = ContextCache(_of_swapped_comments, self.texts)
                p.context = self.swapped.find(<const uint8_t *>p.comments.data, p.comments.len)
        return 0

    def _of_known(self, _key: bytes):
        return self.asked, b""


def _of_comments(key: bytes):
    return parsed(key, False)


def _of_swapped_comments(key: bytes):
    return parsed(key, True)


cdef object parsed(bytes options, bint swapped):
    """The Context that comments among a packet's options tell of, or None, and the other comments as options."""
    about, others = sorted_out(options, swapped)
    context, foreign = parse_comments(about)
    return context, encode_comments(foreign) + others if foreign else others


cdef tuple sorted_out(bytes options, bint swapped):
    """Comments that are about context, as texts, and all others as options in this machine's byte order.

    Here, and not in Python, for a packet may have as many as it has bytes.
    """
    cdef const uint8_t *o = options
    cdef const uint8_t *end = o + len(options)
    cdef Buffer others
    cdef uint16_t head[2]
    cdef uint32_t n, padded
    memset(&others, 0, sizeof(others))
    about = []
    while o + 4 <= end:
        memcpy(head, o, 4)
        if swapped:
            head[0] = other_order(head[0])
            head[1] = other_order(head[1])
        n = head[1]
        padded = (n + 3) & ~<uint32_t>3     # all are whole: the reader has seen to that
        if head[0] == OPT_COMMENT:
            if len(about) < MOST_COMMENTS and is_about_context(o + 4, n):
                about.append(o[4:4 + n].decode(errors="surrogateescape"))
            else:
                put_bytes(&others, head, 4)
                put_bytes(&others, o + 4, padded)
        o += 4 + padded
    try:
        return about, (<const char *>others.data)[:others.len] if others.len else b""
    finally:
        buffer_free(&others)


cdef inline uint16_t other_order(uint16_t v) noexcept nogil:
    return <uint16_t>(v << 8 | v >> 8)


cdef bint is_about_context(const uint8_t *text, uint32_t n) except -1:
    cdef const uint8_t *colon = <const uint8_t *>memchr(text, c':', min(n, <uint32_t>LONGEST_KEY))
    return colon != NULL and text[:colon - text].strip(BLANK_BYTES) in KEYS
