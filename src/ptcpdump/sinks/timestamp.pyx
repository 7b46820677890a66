"""Time stamps of text lines: tcpdump's five styles, in local time or UTC.

Asking the C library for the local time of each packet would cost more than printing many a packet, so the offset
from UTC is asked for once per hour of packet time, and the text of a second is kept.
"""

from libc.string cimport memcpy
from posix.time cimport time_t

from ptcpdump.buffer cimport buffer_room, put_bytes, put_char, put_dec_pad, put_int, write_four, write_pair


cdef extern from "<time.h>" nogil:
    struct tm:
        long tm_gmtoff
    tm *localtime_r(const time_t *time, tm *result)
    void tzset()


cdef enum:
    CLOCK = 0
    NONE = 1
    EPOCH = 2
    PREVIOUS = 3
    DATE = 4
    FIRST = 5

cdef int64_t SECOND = 1000000000
cdef int64_t NEVER = -0x7fffffffffffffff
# Savefiles may hold any number as a time. From this one on (in 1677), nothing below leaves 64 bits.
cdef int64_t EARLIEST = -9223372036 * 1000000000


cdef void clock_init(Clock *clock, int style, bint nano, bint utc) noexcept:
    clock.style = style
    clock.nano = nano
    clock.utc = utc
    clock.started = False
    clock.second = NEVER
    clock.offset_from = NEVER
    tzset()


cdef inline int64_t floor_div(int64_t a, int64_t b) noexcept nogil:
    return a // b - (1 if a % b < 0 else 0)     # C rounds towards zero


cdef int64_t utc_offset(int64_t second) noexcept nogil:
    cdef time_t when = second
    cdef tm local
    return local.tm_gmtoff if localtime_r(&when, &local) != NULL else 0


cdef int64_t local_offset(Clock *clock, int64_t second) noexcept nogil:
    """Seconds to add to UTC. An hour in which clocks are changed is not kept."""
    cdef int64_t hour = second - (second % 3600 + 3600) % 3600
    if clock.utc:
        return 0
    if clock.offset_from != hour:
        clock.offset = utc_offset(hour)
        if clock.offset != utc_offset(hour + 3599):
            return utc_offset(second)
        clock.offset_from = hour
    return clock.offset


cdef void put_date(Buffer *b, int64_t days) noexcept nogil:
    """Days since 1970-01-01 in the Gregorian calendar as YYYY-MM-DD.

    Years are counted from March, so that the leap day comes last; an era is the 400 years after which all repeats.
    """
    cdef int64_t era, year, month
    cdef int64_t day = days + 719468        # from 0000-03-01
    era = floor_div(day, 146097)
    day -= era * 146097
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += era * 400
    if month >= 10:
        year += 1
    put_dec_pad(b, <uint64_t>year, 4, b'0')
    put_char(b, b'-')
    put_dec_pad(b, <uint64_t>(month + 3 if month < 10 else month - 9), 2, b'0')
    put_char(b, b'-')
    put_dec_pad(b, <uint64_t>(day + 1), 2, b'0')


cdef void put_second(Buffer *b, int64_t second, bint date) noexcept nogil:
    cdef int64_t days = floor_div(second, 86400)
    cdef int64_t rest = second - days * 86400
    if date:
        put_date(b, days)
        put_char(b, b' ')
    put_dec_pad(b, <uint64_t>(rest // 3600), 2, b'0')
    put_char(b, b':')
    put_dec_pad(b, <uint64_t>(rest // 60 % 60), 2, b'0')
    put_char(b, b':')
    put_dec_pad(b, <uint64_t>(rest % 60), 2, b'0')


cdef inline void put_fraction(Buffer *b, const Clock *clock, int64_t ns) noexcept nogil:
    """".123456 ", or with nine digits; what is finer is cut off."""
    cdef uint32_t v = <uint32_t>ns
    cdef char *to = buffer_room(b, 11)
    to[0] = b'.'
    if clock.nano:
        to[1] = <char>(48 + v // 100000000)
        v %= 100000000
        write_four(to + 2, v // 10000)
        write_four(to + 6, v % 10000)
        to += 10
    else:
        v //= 1000
        write_pair(to + 1, v // 10000)
        write_four(to + 3, v % 10000)
        to += 7
    to[0] = b' '
    b.len = to + 1 - b.data


cdef void remember(Clock *clock, int64_t second) noexcept nogil:
    """Make the text of a second."""
    cdef Buffer b
    b.data = clock.text
    b.len = 0
    b.cap = sizeof(clock.text)
    if clock.style == EPOCH:
        put_int(&b, second)
    else:
        put_second(&b, second + local_offset(clock, second), clock.style == DATE)
    clock.text_len = <int>b.len
    clock.second = second


cdef void put_difference(Buffer *b, Clock *clock, int64_t time) noexcept nogil:
    cdef uint64_t difference    # of times that may be 585 years apart, which no signed one holds
    cdef int64_t unit = 1 if clock.nano else 1000
    time = floor_div(time, unit) * unit     # the difference of what would be shown
    if not clock.started:
        clock.started = True
        clock.reference = time
    difference = <uint64_t>time - <uint64_t>clock.reference
    put_char(b, b'-' if time < clock.reference else b' ')
    if time < clock.reference:
        difference = 0 - difference
    put_second(b, <int64_t>(difference // <uint64_t>SECOND % 86400), False)
    put_fraction(b, clock, <int64_t>(difference % <uint64_t>SECOND))
    if clock.style == PREVIOUS:
        clock.reference = time


cdef void put_time(Buffer *b, Clock *clock, int64_t time) noexcept nogil:
    """Append the time stamp of a packet (ns since the epoch) and a blank; nothing with -t."""
    cdef int64_t second
    if clock.style == NONE:
        return
    if time < EARLIEST:
        time = EARLIEST
    if clock.style == PREVIOUS or clock.style == FIRST:
        put_difference(b, clock, time)
        return
    second = floor_div(time, SECOND)
    if second != clock.second:
        remember(clock, second)
    memcpy(buffer_room(b, sizeof(clock.text)), clock.text, sizeof(clock.text))      # a fixed size is copied at once
    b.len += clock.text_len
    put_fraction(b, clock, time - second * SECOND)
