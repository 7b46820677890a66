"""Where code makes given addresses the second argument of a call: a scan that is as quick as reading the code."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy


cdef enum:
    MOST_TARGETS = 64
    LOOK_BACK = 8       # instructions between the two of a pair


cdef struct Targets:
    uint64_t[64] wanted
    int count
    uint64_t low        # all are between these two
    uint64_t high


cdef inline int number_of(const Targets *t, uint64_t address) noexcept nogil:
    """Which target an address is; -1: none."""
    cdef int i
    if address < t.low or address > t.high:
        return -1
    for i in range(t.count):
        if t.wanted[i] == address:
            return i
    return -1


cdef inline uint32_t word(const uint8_t *at) noexcept nogil:
    cdef uint32_t value
    memcpy(&value, at, 4)
    return value


cdef size_t next_x86(const uint8_t *code, size_t at, size_t size, uint64_t address, const Targets *t,
                     int *found) noexcept nogil:
    """The next `lea rsi, [rip + distance]` to a target, from `at` on, or `mov esi, target`, as programs have it that are
    not position-independent; `size` when there is none."""
    cdef int32_t distance
    while at + 7 <= size:
        if code[at] == 0x48 and code[at + 1] == 0x8d and code[at + 2] == 0x35:
            memcpy(&distance, code + at + 3, 4)
            found[0] = number_of(t, address + at + 7 + <uint64_t><int64_t>distance)
            if found[0] >= 0:
                return at
        elif code[at] == 0xbe:
            found[0] = number_of(t, word(code + at + 1))
            if found[0] >= 0:
                return at
        at += 1
    return size


cdef size_t next_arm64(const uint8_t *code, size_t at, size_t size, uint64_t address, const Targets *t,
                       int *found) noexcept nogil:
    """The same of `adrp register, page` with `add x1, register, offset` within a few instructions behind it."""
    cdef uint32_t add, adrp
    cdef uint64_t page
    cdef int64_t pages
    cdef size_t back
    at = (at + 3) & ~<size_t>3
    while at + 4 <= size:
        add = word(code + at)
        if add >> 22 == 0x244 and add & 31 == 1:    # without a shift of the offset
            back = 4
            while back <= 4 * LOOK_BACK and back <= at:
                adrp = word(code + at - back)
                if (adrp >> 24 & 0x9f) == 0x90 and (adrp & 31) == (add >> 5 & 31):
                    pages = <int64_t>((<uint64_t>((adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3))) << 43) >> 43
                    page = ((address + at - back) & ~<uint64_t>0xfff) + <uint64_t>(pages * 4096)
                    found[0] = number_of(t, page + (add >> 10 & 0xfff))
                    if found[0] >= 0:
                        return at
                    break
                back += 4
        at += 4
    return size


def find_references(bytes code not None, uint64_t address, targets, *, bint arm64=False, size_t most=256):
    cdef Targets t
    cdef int found = -1
    cdef size_t at = 0
    cdef size_t size = len(code)
    cdef const uint8_t *data = code
    t.count = 0
    for target in targets:
        if t.count == MOST_TARGETS:
            break
        t.wanted[t.count] = target
        t.count += 1
    if t.count == 0:
        return []
    t.low = min(targets)
    t.high = max(targets)
    places = []
    while at < size and <size_t>len(places) < most:
        with nogil:
            at = next_arm64(data, at, size, address, &t, &found) if arm64 else next_x86(
                data, at, size, address, &t, &found)
        if at < size:
            places.append((address + at, t.wanted[found]))
            at += 4
    return places
