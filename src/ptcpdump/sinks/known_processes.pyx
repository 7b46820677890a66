"""What a pcapng file has said of processes so far: which process blocks a packet still needs before it.

A process is described once per file, before its first packet, and again when its pid has another meaning: it was reused,
or the process runs another program. Its parent is described before it, if the file does not say the same of it already.
With `--comments first` and `none`, packets lean on these blocks: a thread's name and how the owner was found ride in them.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from ptcpdump.buffer cimport buffer_room, put_bytes
from ptcpdump.context.pid_table cimport PidPlace
from ptcpdump.dissect.core cimport dissect
from ptcpdump.dissect.packet_fields cimport Ends, PacketFields


cdef enum:
    CUSTOM_BLOCK = 0x00000bad       # one that may be copied
    PEN = 32622                     # Wireshark Foundation


cdef inline void put32(Buffer *b, uint32_t v) noexcept nogil:
    put_bytes(b, &v, 4)


cdef class KnownProcesses:
    """For one file after another: forget() when the next one begins.

    comments: which packets have comments on their owner: "every", "first" (of each flow and owner) or "none".
    """

    def __cinit__(self, str comments not None):
        self.said = PidTable()
        self.brief = comments != "every"
        if comments == "first":
            self.flows = <uint64_t *>calloc(FLOWS, sizeof(uint64_t))
            if self.flows == NULL:
                raise MemoryError

    def __dealloc__(self):
        free(self.flows)

    cdef bint lacks(self, const ContextText *text) noexcept nogil:
        cdef const PidPlace *place = self.said.find(text.pid)
        if place == NULL or place.whole != text.process:
            return True
        if place.found != text.found and text.found_option.len == 0:    # no comment can say that it is not known
            return True
        return self.brief and text.thread_key and self.threads[text.thread_key & (THREADS - 1)] != text.thread_key

    cdef void write(self, Buffer *b, const ContextText *text) noexcept nogil:
        cdef PidPlace *place
        if text.parent_pid:
            place = self.said.add(text.parent_pid)
            if place.basic != text.parent:
                place.basic = text.parent
                place.whole = 0         # once it has packets, more is said of it
                put_block(b, &text.parent_block, NULL, NULL)
        place = self.said.add(text.pid)
        place.whole = text.process
        place.basic = text.basic
        place.found = text.found
        if text.thread_key:
            self.threads[text.thread_key & (THREADS - 1)] = text.thread_key
        put_block(b, &text.process_block, &text.found_option, &text.thread_option)

    cdef void forget(self) noexcept nogil:
        self.said.clear()
        memset(self.threads, 0, sizeof(self.threads))
        if self.flows != NULL:
            memset(self.flows, 0, FLOWS * sizeof(uint64_t))

    cdef Span brief_comment(self, const ContextText *text) noexcept nogil:
        cdef const PidPlace *place
        cdef Span none
        if text.process == 0:       # a socket of the kernel
            return text.found_option
        place = self.said.find(text.pid)
        none.data = NULL
        none.len = 0
        return text.found_option if place != NULL and place.found != text.found else none

    cdef bint first_of_flow(self, const Packet *p) noexcept nogil:
        cdef PacketFields fields
        cdef uint64_t key
        if self.flows == NULL:
            return False
        dissect(&fields, p.data, p.captured, p.length, p.linktype)
        key = flow_key(&fields.ends, p.context.process ^ p.context.thread_key)
        if self.flows[key & (FLOWS - 1)] == key:
            return False
        self.flows[key & (FLOWS - 1)] = key
        return True


cdef void put_block(Buffer *b, const Span *body, const Span *found, const Span *thread) noexcept nogil:
    """A custom block: what is ready of its body, two comments more, and the end of its options."""
    cdef uint32_t length = 20 + body.len + (found.len if found != NULL else 0) + (thread.len if thread != NULL else 0)
    put32(b, CUSTOM_BLOCK)
    put32(b, length)
    put32(b, PEN)
    put_bytes(b, body.data, body.len)
    if found != NULL:
        put_bytes(b, found.data, found.len)
    if thread != NULL:
        put_bytes(b, thread.data, thread.len)
    put32(b, 0)
    put32(b, length)


cdef inline uint64_t mixed(uint64_t h, uint64_t v) noexcept nogil:
    h = (h ^ v) * <uint64_t>0x9e3779b97f4a7c15
    return h ^ h >> 32


cdef uint64_t end_key(const uint8_t *address, uint32_t port) noexcept nogil:
    cdef uint64_t halves[2]
    memcpy(halves, address, 16)
    return mixed(mixed(halves[0], halves[1]), port + 1)


cdef uint64_t flow_key(const Ends *ends, uint64_t owner) noexcept nogil:
    """The same for both directions of a flow; never 0."""
    cdef uint64_t both = end_key(ends.source, ends.source_port) + end_key(ends.destination, ends.destination_port)
    return mixed(mixed(both, ends.protocol | ends.version << 8), owner) | 1
