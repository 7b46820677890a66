"""From a context to text: prefix and suffix of a line, verbose block, comments and process blocks of pcapng files.

In Cython, as a savefile may name another owner with each packet.
"""

from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from ptcpdump.context.comment_text cimport comments, encode_comments
from ptcpdump.context.introduction cimport Introduction, introduction
from ptcpdump.context.owner_lines cimport block, prefix, suffix
from ptcpdump.packet cimport Span

from ptcpdump.context.render import ALL_PARTS

cdef enum:
    WORD = 80                   # bytes that a word of a Context costs beside its text, about

cdef Introduction NOTHING = Introduction.__new__(Introduction)


cdef class Texts:
    """Makes what a context.render.Renderer describes. wanted(Context or None) says whether the run's owner filter lets
    the owner pass; without it all do."""

    def __cinit__(self, renderer not None, wanted=None):
        self.renderer = renderer
        self.wanted = wanted
        self.whole = renderer.parts is ALL_PARTS
        self.redacted = bool(renderer.redaction)
        self.found, self.on_line = renderer.found, renderer.on_line
        self.verbose, self.saved = renderer.verbose, renderer.saved

    def rendered(self, context, bytes foreign=b""):
        cdef const ContextText *text = &self.entry(context, foreign, NULL, 0, 0).text
        try:
            return {"prefix": bytes_of(&text.prefix), "suffix": bytes_of(&text.suffix), "block": bytes_of(&text.block),
                    "options": bytes_of(&text.options), "process_block": bytes_of(&text.process_block)}
        finally:
            release_text(text)

    cdef Entry *entry(self, context, bytes foreign, const uint8_t *key, size_t n, uint64_t hash) except NULL:
        cdef bint wanted = self.wanted is None or self.wanted(context)
        cdef Introduction told = NOTHING
        cdef bytes before = b"", behind = b"", lines = b"", options = foreign
        cdef size_t size
        cdef char *memory
        cdef Entry *e
        if context is not None:
            if self.redacted:
                context = self.renderer.redaction.applied(context)
            seen = context if self.whole else self.renderer.chosen(context)
            if self.on_line:
                before, behind = prefix(seen).encode(), suffix(seen).encode()
            if self.verbose:
                lines = block(seen, self.found).encode()
            if self.saved:
                options = encode_comments(comments(seen)) + foreign
                told = introduction(seen, context.process)
            else:
                options = foreign = b""
        size = sizeof(Entry) + n + len(before) + len(behind) + len(lines) + len(options) + len(told.process_block) + len(
            told.parent_block) + len(told.found_option) + len(told.thread_option)
        memory = <char *>malloc(size)
        if memory == NULL:
            raise MemoryError
        e = <Entry *>memory
        memset(e, 0, sizeof(Entry))
        memory += sizeof(Entry)
        memcpy(memory, key, n)
        e.key = <const uint8_t *>memory
        e.key_len = <uint32_t>n
        e.hash = hash
        e.size = size
        memory += n
        memory = placed(&e.text.prefix, memory, before)
        memory = placed(&e.text.suffix, memory, behind)
        memory = placed(&e.text.block, memory, lines)
        memory = placed(&e.text.options, memory, options)
        e.text.foreign.len = <uint32_t>len(foreign)
        e.text.foreign.data = memory - e.text.foreign.len
        memory = placed(&e.text.process_block, memory, told.process_block)
        memory = placed(&e.text.parent_block, memory, told.parent_block)
        memory = placed(&e.text.found_option, memory, told.found_option)
        placed(&e.text.thread_option, memory, told.thread_option)
        e.text.process, e.text.basic, e.text.parent = told.process, told.basic, told.parent
        e.text.thread_key, e.text.parent_pid, e.text.found = told.thread_key, told.parent_pid, told.found
        if context is not None:
            e.size += WORD * words_of(context)
            if context.process is not None:
                e.text.pid = context.process.pid
            if context.thread is not None:
                e.text.tid = context.thread.tid
        e.text.wanted = wanted
        Py_INCREF(context)
        e.text.context = <void *>context
        return e


cdef int release_text(const ContextText *text) noexcept:
    Py_DECREF(<object>text.context)
    free(<void *>text)
    return 0


cdef bytes bytes_of(const Span *span):
    return span.data[:span.len]


cdef uint32_t words_of(context) except? 0xffffffff:
    """How many arguments, labels and annotations a context has."""
    cdef size_t n = 0
    process, parent, container, pod = context.process, context.parent, context.container, context.pod
    if process is not None:
        n += len(process.args)
    if parent is not None:
        n += len(parent.args)
    if container is not None:
        n += 2 * len(container.labels)
    if pod is not None:
        n += 2 * (len(pod.labels) + len(pod.annotations))
    return <uint32_t>n


cdef inline char *placed(Span *span, char *memory, bytes text) noexcept:
    """Put text at memory and let the span point to it; returns what follows."""
    memcpy(memory, <const char *>text, len(text))
    span.data = memory
    span.len = <uint32_t>len(text)
    return memory + len(text)
