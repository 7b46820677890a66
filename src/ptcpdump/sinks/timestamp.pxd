# Time stamps of text lines.
from libc.stdint cimport int64_t, uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer


cdef struct Clock:
    int style               # TimeStyle
    bint nano
    bint utc
    bint started            # `reference` holds a time
    int64_t reference       # ns: the previous line's time, or the first one's
    # The last second's text: lines of the same second differ in the fraction only
    int64_t second
    char text[32]
    int text_len
    # The offset from UTC, in seconds, that holds from `offset_from` on for an hour
    int64_t offset_from
    int64_t offset


cdef void clock_init(Clock *clock, int style, bint nano, bint utc) noexcept
cdef void put_time(Buffer *b, Clock *clock, int64_t time) noexcept nogil
