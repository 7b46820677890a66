"""Texts that are long, made once for all owners that share the part of a context that they tell of.

A process with a long command line may have as many threads, or children, as a host or a savefile has packets, and each of
them is an owner with texts of its own. Parts of contexts don't change, and one of which a text is kept stays alive here: its
address tells it apart.
"""

cdef enum:
    MOST = 33554432             # characters of all that is kept; then it is forgotten

cdef dict kept = {}
cdef size_t taken = 0


cdef bint some_kept() noexcept:
    return bool(kept)


cpdef object made_before(part, str purpose):
    if not kept:
        return None
    found = kept.get((id(part), purpose))
    return None if found is None else (<tuple>found)[1]


cpdef object keep(part, str purpose, made, size_t size):
    global taken
    if size >= LONG:
        taken += size
        if taken > MOST:
            kept.clear()
            taken = size
        kept[id(part), purpose] = (part, made)
    return made
