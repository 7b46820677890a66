"""The TCP connections of a run that were seen lately: where their sequence numbers start.

One table of fixed size for both directions of a connection, so a capture may run for months. When it is full, the
entry that goes is found by the clock algorithm: the hand passes over entries used since its last round.
"""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.state cimport part_of

cdef enum:
    FLOWS = 65536
    HEADS = 131072      # a power of two


# Addresses of the first side and of the other one (IPv4 in the low half, the rest 0), then ports and IP version.
cdef struct Key:
    uint64_t words[5]


cdef struct Flow:
    Key key
    uint32_t seq
    uint32_t ack
    uint32_t next       # index of the next flow of the same chain, 0 for none
    uint32_t used       # since the clock's hand passed


cdef struct Table:
    uint32_t count
    uint32_t hand               # of the clock algorithm
    uint32_t heads[131072]      # index of the first flow of each chain
    Flow flows[65537]           # index 0 means none


cdef inline uint32_t slot_of(const Key *key) noexcept nogil:
    # Each word times its own odd constant: no multiplication waits for another one.
    cdef uint64_t h = (key.words[0] * <uint64_t>0x9e3779b97f4a7c15 + key.words[1] * <uint64_t>0xc2b2ae3d27d4eb4f
                       + key.words[2] * <uint64_t>0x165667b19e3779f9 + key.words[3] * <uint64_t>0xd6e8feb86659fd93
                       + key.words[4] * <uint64_t>0xff51afd7ed558ccd)
    return <uint32_t>((h ^ h >> 29) >> 24) & (HEADS - 1)


cdef inline bint same(const Key *a, const Key *b) noexcept nogil:
    return (a.words[4] == b.words[4] and a.words[0] == b.words[0] and a.words[2] == b.words[2]
            and a.words[1] == b.words[1] and a.words[3] == b.words[3])


cdef inline bint behind(const uint8_t *a, const uint8_t *b, int n) noexcept nogil:
    """Whether address a sorts behind address b."""
    cdef int i
    for i in range(n):
        if a[i] != b[i]:
            return a[i] > b[i]
    return False


cdef inline bint fill_key(Dissection *d, uint16_t sport, uint16_t dport, Key *key) noexcept nogil:
    """The key of a connection, the same in both directions; True when this segment runs against its order.

    The side with the lower port comes first, as in tcpdump: what is printed depends on it for captures that start in
    the middle of a connection.
    """
    cdef bint wide = d.network_version == 6
    cdef int size = 16 if wide else 4
    cdef const uint8_t *source = d.network + (8 if wide else 12)
    cdef const uint8_t *target = source + size
    cdef bint reverse = sport > dport or (sport == dport and behind(source, target, size))
    key.words[1] = key.words[3] = 0
    if not wide:
        key.words[0] = key.words[2] = 0
    memcpy(&key.words[0], target if reverse else source, size)
    memcpy(&key.words[2], source if reverse else target, size)
    if reverse:
        sport, dport = dport, sport
    key.words[4] = <uint64_t>d.network_version << 32 | <uint64_t>sport << 16 | dport
    return reverse


cdef uint32_t find(const Table *table, const Key *key) noexcept nogil:
    cdef uint32_t i = table.heads[slot_of(key)]
    while i and not same(&table.flows[i].key, key):
        i = table.flows[i].next
    return i


cdef void unlink_flow(Table *table, uint32_t i) noexcept nogil:
    cdef uint32_t *link = &table.heads[slot_of(&table.flows[i].key)]
    while link[0] != i:
        link = &table.flows[link[0]].next
    link[0] = table.flows[i].next


cdef uint32_t free_flow(Table *table) noexcept nogil:
    """An index for a new flow: an unused one, or that of a flow that has not been seen for long."""
    if table.count < FLOWS:
        table.count += 1
        return table.count
    while True:
        table.hand = table.hand % FLOWS + 1
        if not table.flows[table.hand].used:
            unlink_flow(table, table.hand)
            return table.hand
        table.flows[table.hand].used = 0


cdef uint32_t add(Table *table, const Key *key) noexcept nogil:
    cdef uint32_t i = free_flow(table)
    cdef uint32_t slot = slot_of(key)
    table.flows[i].key = key[0]
    table.flows[i].next = table.heads[slot]
    table.heads[slot] = i
    return i


cdef void find_bases(Dissection *d, uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack, bint syn,
                     Bases *bases) noexcept nogil:
    """Look the connection of a segment up; a SYN, or the first segment seen, sets its bases anew."""
    cdef Key key
    cdef bint reverse = fill_key(d, sport, dport, &key)
    cdef Table *table = <Table *>part_of(d, PART_TCP_FLOWS, sizeof(Table))
    cdef uint32_t i = find(table, &key)
    bases.known = i != 0 and not syn
    if i == 0:
        i = add(table, &key)
    cdef Flow *flow = &table.flows[i]
    flow.used = 1
    if not bases.known:
        flow.seq = ack - 1 if reverse else seq
        flow.ack = seq if reverse else ack - 1
    bases.seq = flow.seq
    bases.ack = flow.ack
    bases.reverse = reverse
