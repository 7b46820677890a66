"""Ready-made text per owner: looked up for every packet, rendered once.

Entries live in two generations. What is looked up moves to the current one; when that is full, what has not been used
for a whole generation is freed. So memory is bounded and a packet in flight never loses its text.
"""

from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

from ptcpdump.context.introduction cimport Introduction
from ptcpdump.packet cimport Span


cdef enum:
    BUCKETS = 16384             # a power of two
    MAX_ENTRIES = 16384         # of one generation
    MAX_BYTES = 33554432        # likewise: a pod's annotations can be long
    WORD = 80                   # bytes that a word of the Context costs beside its text, about


cdef inline uint64_t mixed(uint64_t h, const uint8_t *p) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, p, 8)
    h = (h ^ word) * <uint64_t>0x9e3779b97f4a7c15
    return h ^ (h >> 29)


cdef uint64_t hash_bytes(const uint8_t *p, size_t n) noexcept nogil:
    """Four independent lanes, so that the multiplications overlap: keys are some hundred bytes long."""
    cdef uint64_t a = n, b = 1, c = 2, d = 3
    cdef uint8_t tail[32]
    while n >= 32:
        a = mixed(a, p)
        b = mixed(b, p + 8)
        c = mixed(c, p + 16)
        d = mixed(d, p + 24)
        p += 32
        n -= 32
    memset(tail, 0, 32)
    memcpy(tail, p, n)
    a = mixed(mixed(mixed(mixed(a, tail) ^ b, tail + 8) ^ c, tail + 16) ^ d, tail + 24)
    return a ^ (a >> 32)


cdef inline bint same(const Entry *e, const uint8_t *key, size_t n, uint64_t hash) noexcept nogil:
    return e.hash == hash and e.key_len == n and memcmp(e.key, key, n) == 0


cdef class ContextCache:
    """Texts of owners.

    resolve(key: bytes) gives (Context or None, foreign comments as options) for a key that is not in the cache.
    renderer is a context.render.Renderer. wanted(Context or None) says whether the run's owner filter lets the owner
    pass; without it all do.
    """

    def __cinit__(self, resolve, renderer not None, wanted=None):
        self.resolve = resolve
        self.renderer = renderer
        self.wanted = wanted
        self.current.buckets = <Entry **>calloc(BUCKETS, sizeof(Entry *))
        self.previous.buckets = <Entry **>calloc(BUCKETS, sizeof(Entry *))
        if self.current.buckets == NULL or self.previous.buckets == NULL:
            raise MemoryError

    def __dealloc__(self):
        drop(&self.current)
        drop(&self.previous)
        free(self.current.buckets)
        free(self.previous.buckets)

    def __len__(self):
        return self.current.count + self.previous.count

    cdef const ContextText *find(self, const uint8_t *key, size_t n) except NULL nogil:
        cdef uint64_t hash = hash_bytes(key, n)
        cdef Entry *e = self.current.buckets[hash & (BUCKETS - 1)]
        while e != NULL:
            if same(e, key, n, hash):
                return &e.text
            e = e.next
        with gil:
            e = take_out(&self.previous, key, n, hash)
            if e == NULL:
                e = self.resolved(key, n, hash)
            self.insert(e)
        return &e.text

    cdef const ContextText *intern(self, context) except NULL:
        return &self.make(context, b"", NULL, 0, 0).text

    cdef Entry *resolved(self, const uint8_t *key, size_t n, uint64_t hash) except NULL:
        context, foreign = self.resolve(<bytes>key[:n])
        return self.make(context, foreign, key, n, hash)

    cdef Entry *make(self, context, foreign, const uint8_t *key, size_t n, uint64_t hash) except NULL:
        cdef bint wanted = self.wanted is None or bool(self.wanted(context))
        context = self.renderer.redacted(context)
        rendered = self.renderer.render(context, foreign)
        cdef Introduction told = rendered.introduction
        pieces = [rendered.prefix, rendered.suffix, rendered.block, rendered.options]
        if told is not None:
            pieces += [told.process_block, told.parent_block, told.found_option, told.thread_option]
        cdef size_t size = sizeof(Entry) + n + sum([len(piece) for piece in pieces])
        cdef char *memory = <char *>malloc(size)
        if memory == NULL:
            raise MemoryError
        cdef Entry *e = <Entry *>memory
        memset(e, 0, sizeof(Entry))
        memory += sizeof(Entry)
        memcpy(memory, key, n)
        e.key = <const uint8_t *>memory
        e.key_len = <uint32_t>n
        e.hash = hash
        e.size = size + WORD * words_of(context)
        memory += n
        memory = placed(&e.text.prefix, memory, pieces[0])
        memory = placed(&e.text.suffix, memory, pieces[1])
        memory = placed(&e.text.block, memory, pieces[2])
        memory = placed(&e.text.options, memory, pieces[3])
        e.text.foreign.len = <uint32_t>len(rendered.foreign)
        e.text.foreign.data = memory - e.text.foreign.len
        if told is not None:
            memory = placed(&e.text.process_block, memory, pieces[4])
            memory = placed(&e.text.parent_block, memory, pieces[5])
            memory = placed(&e.text.found_option, memory, pieces[6])
            placed(&e.text.thread_option, memory, pieces[7])
            e.text.process = told.process
            e.text.basic = told.basic
            e.text.parent = told.parent
            e.text.thread_key = told.thread_key
            e.text.parent_pid = told.parent_pid
            e.text.found = told.found
        if context is not None and context.process is not None:
            e.text.pid = context.process.pid
        if context is not None and context.thread is not None:
            e.text.tid = context.thread.tid
        e.text.wanted = wanted
        Py_INCREF(context)
        e.text.context = <void *>context
        return e

    cdef int insert(self, Entry *e) except -1:
        cdef Generation emptied
        cdef uint32_t bucket = <uint32_t>(e.hash & (BUCKETS - 1))
        if self.current.count >= MAX_ENTRIES or self.current.bytes >= MAX_BYTES:
            drop(&self.previous)
            emptied = self.previous
            self.previous = self.current
            self.current = emptied
        e.next = self.current.buckets[bucket]
        self.current.buckets[bucket] = e
        self.current.count += 1
        self.current.bytes += e.size
        return 0


cdef int release_text(const ContextText *text) noexcept:
    """Free a text that intern() has made."""
    Py_DECREF(<object>text.context)
    free(<void *>text)
    return 0


cdef void drop(Generation *generation) noexcept:
    """Free all entries of a generation."""
    cdef Entry *e
    cdef Entry *after
    cdef int i
    if generation.buckets == NULL:
        return
    for i in range(BUCKETS):
        e = generation.buckets[i]
        while e != NULL:
            after = e.next
            release_text(&e.text)
            e = after
        generation.buckets[i] = NULL
    generation.count = 0
    generation.bytes = 0


cdef uint32_t words_of(context) except? 0xffffffff:
    """How many arguments, labels and annotations a context has."""
    cdef size_t n = 0
    if context is not None:
        for process in (context.process, context.parent):
            if process is not None:
                n += len(process.args)
        if context.container is not None:
            n += 2 * len(context.container.labels)
        if context.pod is not None:
            n += 2 * (len(context.pod.labels) + len(context.pod.annotations))
    return <uint32_t>n


cdef char *placed(Span *span, char *memory, bytes text) noexcept:
    """Put text at memory and let the span point to it; returns what follows."""
    memcpy(memory, <const char *>text, len(text))
    span.data = memory
    span.len = <uint32_t>len(text)
    return memory + len(text)


cdef Entry *take_out(Generation *generation, const uint8_t *key, size_t n, uint64_t hash) noexcept nogil:
    """Unlink the entry of this key; NULL when there is none."""
    cdef Entry **at = &generation.buckets[hash & (BUCKETS - 1)]
    cdef Entry *e
    while at[0] != NULL:
        e = at[0]
        if same(e, key, n, hash):
            at[0] = e.next
            generation.count -= 1
            generation.bytes -= e.size
            return e
        at = &e.next
    return NULL
