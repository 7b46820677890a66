"""Ready-made text per owner: looked up for every packet, rendered once.

Entries live in two generations. What is looked up moves to the current one; when that is full, what has not been used
for a whole generation is freed. So memory is bounded and a packet in flight never loses its text.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from ptcpdump.context.texts cimport release_text


cdef enum:
    BUCKETS = 16384             # a power of two
    MAX_ENTRIES = 16384         # of one generation
    MAX_BYTES = 33554432        # likewise: a pod's annotations can be long


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

    resolve(key: bytes) gives (Context or None, foreign comments as options) for a key that is not in the cache; texts
    makes of it what is kept.
    """

    def __cinit__(self, resolve, Texts texts not None):
        self.resolve = resolve
        self.texts = texts
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
        return &self.texts.entry(context, b"", NULL, 0, 0).text

    cdef Entry *resolved(self, const uint8_t *key, size_t n, uint64_t hash) except NULL:
        context, foreign = self.resolve(<bytes>key[:n])
        return self.texts.entry(context, foreign, key, n, hash)

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
