"""Names of addresses and ports for the hot path: C tables in front of a Python resolver.

Addresses are kept in a set-associative cache of fixed size. A hit takes no GIL. A miss asks the resolver once; an address
whose name is still being looked for is asked about again only after some answer has come in (see :func:`changed`), so a
slow name server costs nothing per packet. Ports come from services(5), read when names are switched on.
"""

from cpython.exc cimport PyErr_SetInterrupt
from libc.stdint cimport uint32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, strcmp, strlen

from ptcpdump.buffer cimport put_bytes


cdef extern from "<pthread.h>" nogil:
    ctypedef struct pthread_mutex_t:
        pass
    int pthread_mutex_init(pthread_mutex_t *mutex, void *attributes)
    int pthread_mutex_lock(pthread_mutex_t *mutex)
    int pthread_mutex_unlock(pthread_mutex_t *mutex)


cdef extern from "<netdb.h>":
    struct servent:
        char *s_name
        int s_port
        char *s_proto
    void setservent(int stay_open)
    servent *getservent()
    void endservent()


cdef extern from "<arpa/inet.h>" nogil:
    uint16_t ntohs(uint16_t v)


cdef enum:
    SETS = 4096
    WAYS = 4                # entries in all: 16384
    LONGEST = 255           # bytes of a name that are kept; RFC 1035 allows no longer ones

cdef enum State:
    EMPTY = 0
    PENDING = 1             # asked for, no answer yet
    NAMELESS = 2
    NAMED = 3

cdef struct Entry:
    State state
    NameKind kind
    uint8_t address[16]
    int64_t asked           # value of `answers` when the resolver was asked
    uint32_t length
    char *name

cdef struct Set:
    Entry ways[4]
    uint32_t next           # the way to be replaced next

cdef Set cache[4096]
cdef pthread_mutex_t cache_lock      # never held while the GIL is waited for
cdef int64_t answers = 0             # grows with each answer that came in
cdef bint ready = False              # a resolver is there
cdef char *tcp_ports[65536]
cdef char *udp_ports[65536]
cdef object ask = None               # resolver: (address: bytes) -> bytes, b"" for none, None for not known yet

pthread_mutex_init(&cache_lock, NULL)


cdef Set *set_of(NameKind kind, const uint8_t *address) noexcept nogil:
    """FNV-1a over the address picks the set."""
    cdef uint32_t h = <uint32_t>2166136261 ^ kind
    cdef int i
    for i in range(<int>kind):
        h = (h ^ address[i]) * <uint32_t>16777619
    return &cache[(h ^ h >> 16) % SETS]


cdef Entry *find(Set *s, NameKind kind, const uint8_t *address) noexcept nogil:
    cdef int i
    for i in range(WAYS):
        if s.ways[i].state != EMPTY and s.ways[i].kind == kind and memcmp(s.ways[i].address, address, kind) == 0:
            return &s.ways[i]
    return NULL


cdef bint put_name(Buffer *out, NameKind kind, const uint8_t *address) noexcept nogil:
    if not ready:
        return False
    cdef bint named = False, stale = True
    cdef Entry *entry
    pthread_mutex_lock(&cache_lock)
    entry = find(set_of(kind, address), kind, address)
    if entry != NULL:
        named = entry.state == NAMED
        stale = entry.state == PENDING and entry.asked != answers
        if named:
            put_bytes(out, entry.name, entry.length)
    pthread_mutex_unlock(&cache_lock)
    return ask_resolver(out, kind, address) if stale else named


cdef bint ask_resolver(Buffer *out, NameKind kind, const uint8_t *address) noexcept with gil:
    """Ask Python and remember what it says; also that it does not know yet."""
    cdef int64_t asked = answers
    try:
        text = ask(address[:kind]) if ask is not None else b""
    except KeyboardInterrupt:   # of a user tired of waiting: raised again when Python code runs next
        PyErr_SetInterrupt()
        text = b""
    except Exception:           # a name is a nicety: without it the packet is printed with numbers
        text = b""
    cdef uint32_t length = min(len(text), LONGEST) if text else 0
    cdef const char *name = <const char *>(<bytes>text) if text else NULL
    pthread_mutex_lock(&cache_lock)
    remember(kind, address, PENDING if text is None else NAMELESS if length == 0 else NAMED, asked, name, length)
    pthread_mutex_unlock(&cache_lock)
    if length == 0:
        return False
    put_bytes(out, name, length)
    return True


cdef void remember(
    NameKind kind, const uint8_t *address, State state, int64_t asked, const char *name, uint32_t length,
) noexcept nogil:
    cdef Set *s = set_of(kind, address)
    cdef Entry *entry = find(s, kind, address)
    if entry == NULL:
        entry = &s.ways[s.next % WAYS]
        s.next += 1
    free(entry.name)
    entry.name = NULL
    entry.state = state
    entry.kind = kind
    memcpy(entry.address, address, kind)
    entry.asked = asked
    entry.length = length
    if state == NAMED:
        entry.name = <char *>malloc(length)
        if entry.name == NULL:
            entry.state = NAMELESS
        else:
            memcpy(entry.name, name, length)


cdef inline bint put_port(Buffer *out, const char *name) noexcept nogil:
    if name == NULL:
        return False
    put_bytes(out, name, strlen(name))
    return True


cdef bint put_tcp_port(Buffer *out, uint16_t port) noexcept nogil:
    return ready and put_port(out, tcp_ports[port])


cdef bint put_udp_port(Buffer *out, uint16_t port) noexcept nogil:
    return ready and put_port(out, udp_ports[port])


def load_services() -> int:
    """Read services(5) into the port tables, the first name of a port wins; returns how many ports have a name."""
    cdef servent *entry
    cdef char **table
    cdef uint16_t port
    cdef size_t n
    cdef int count = 0
    setservent(1)
    while True:
        entry = getservent()
        if entry == NULL:
            break
        if strcmp(entry.s_proto, b"tcp") == 0:
            table = tcp_ports
        elif strcmp(entry.s_proto, b"udp") == 0:
            table = udp_ports
        else:
            continue
        port = ntohs(<uint16_t>entry.s_port)
        n = strlen(entry.s_name) + 1
        if table[port] == NULL:
            table[port] = <char *>malloc(n)
            if table[port] == NULL:
                break
            memcpy(table[port], entry.s_name, n)
            count += 1
    endservent()
    return count


def install(resolver: object) -> None:
    """Ask `resolver` for names from now on; None: no names any more. What was remembered is forgotten.

    resolver: callable taking an address (4 bytes IPv4, 16 bytes IPv6, 6 bytes MAC, network order) and returning its name
    as printable bytes, b"" if it has none, or None if that is not known yet. It is called under the GIL while a packet is
    printed: it must not block in a live capture.
    """
    global ask, ready
    cdef int i, j
    ready = False
    pthread_mutex_lock(&cache_lock)
    for i in range(SETS):
        for j in range(WAYS):
            free(cache[i].ways[j].name)
            cache[i].ways[j].name = NULL
            cache[i].ways[j].state = EMPTY
    pthread_mutex_unlock(&cache_lock)
    ask = resolver
    ready = resolver is not None


def changed() -> None:
    """Tell that an answer came in: addresses without one are asked about again."""
    global answers
    answers += 1
