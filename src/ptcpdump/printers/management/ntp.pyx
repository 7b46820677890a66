"""NTP (RFC 5905) and SNTP, with extension fields (RFC 7822; those of NTS: RFC 8915) and control messages (RFC 9327)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.application.dns_names cimport say_text

cdef enum:
    HEADER = 48
    CONTROL_HEADER = 12
    KEY_ID = 4
    MD5 = 16
    SHA1 = 20
    MODE_CONTROL = 6
    SECONDS_1900_TO_1970 = 2208988800
    ERA = 4294967296        # seconds until the time stamps start again from 0: on 2036-02-07


cdef Names MODES = names({
    0: b"unspecified", 1: b"symmetric active", 2: b"symmetric passive", 3: b"Client", 4: b"Server", 5: b"Broadcast",
    6: b"Control Message",
})

cdef Names LEAPS = names({0: b"", 1: b"+1s", 2: b"-1s"})

cdef Names STRATA = names({
    0: b"unspecified", 1: b"primary reference", **dict.fromkeys(range(2, 16), b"secondary reference"),
})

# IANA, "NTP Extension Field Types"
cdef Names EXTENSIONS = names({
    0x0002: b"No-Operation Request", 0x0102: b"Association Message Request", 0x0104: b"Unique Identifier",
    0x0202: b"Certificate Message Request", 0x0204: b"NTS Cookie", 0x0302: b"Cookie Message Request",
    0x0304: b"NTS Cookie Placeholder", 0x0402: b"Autokey Message Request",
    0x0404: b"NTS Authenticator and Encrypted Extension Fields", 0x0502: b"Leapseconds Message Request",
    0x0602: b"Sign Message Request", 0x0702: b"IFF Identity Message Request", 0x0802: b"GQ Identity Message Request",
    0x0902: b"MV Identity Message Request", 0x2005: b"Checksum Complement", 0x8002: b"No-Operation Response",
    0x8102: b"Association Message Response", 0x8202: b"Certificate Message Response",
    0x8302: b"Cookie Message Response", 0x8402: b"Autokey Message Response", 0x8502: b"Leapseconds Message Response",
    0x8602: b"Sign Message Response", 0x8702: b"IFF Identity Message Response", 0x8802: b"GQ Identity Message Response",
    0x8902: b"MV Identity Message Response",
})


cdef inline int32_t signed_byte(uint32_t v) noexcept nogil:
    return <int32_t>v - 256 if v >= 128 else <int32_t>v


cdef void say_short(Dissection *d, const uint8_t *p) noexcept nogil:
    """A time span of 16 bits of seconds and 16 of fraction, in microseconds."""
    say_dec(d, u16(d, p))
    say_char(d, b'.')
    put_dec_pad(d.out, <uint64_t>u16(d, p + 2) * 1000000 // 65536, 6, b'0')


cdef void say_nanoseconds(Dissection *d, uint32_t fraction) noexcept nogil:
    say_char(d, b'.')
    put_dec_pad(d.out, <uint64_t>fraction * 1000000000 // <uint64_t>ERA, 9, b'0')


cdef void say_date(Dissection *d, int64_t seconds) noexcept nogil:
    """Seconds since 1970 as date and time in UTC (the proleptic Gregorian calendar; years begin in March here)."""
    cdef int64_t days = seconds // 86400, rest, era, day_of_era, year_of_era, day_of_year, month
    if seconds < 0 and seconds % 86400:
        days -= 1
    rest = seconds - days * 86400
    days += 719468                                  # 0000-03-01
    era = days // 146097
    day_of_era = days - era * 146097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day_of_year + 2) // 153
    say_dec(d, <uint64_t>(year_of_era + era * 400 + (1 if month >= 10 else 0)))
    say_char(d, b'-')
    put_dec_pad(d.out, <uint64_t>(month + 3 if month < 10 else month - 9), 2, b'0')
    say_char(d, b'-')
    put_dec_pad(d.out, <uint64_t>(day_of_year - (153 * month + 2) // 5 + 1), 2, b'0')
    say_char(d, b'T')
    put_dec_pad(d.out, <uint64_t>(rest // 3600), 2, b'0')
    say_char(d, b':')
    put_dec_pad(d.out, <uint64_t>(rest // 60 % 60), 2, b'0')
    say_char(d, b':')
    put_dec_pad(d.out, <uint64_t>(rest % 60), 2, b'0')
    say_char(d, b'Z')


cdef void say_time(Dissection *d, const uint8_t *p) noexcept nogil:
    """A time stamp, 8 bytes: seconds since 1900 and, unless 0, the date. One below 2^31 is of the era after 2036."""
    cdef int64_t seconds = u32(d, p)
    say_dec(d, <uint64_t>seconds)
    say_nanoseconds(d, u32(d, p + 4))
    if seconds:
        if seconds < <int64_t>ERA // 2:
            seconds += <int64_t>ERA
        say(d, b" (")
        say_date(d, seconds - <int64_t>SECONDS_1900_TO_1970)
        say_char(d, b')')


cdef void say_stamp(Dissection *d, const char *title, const uint8_t *p) noexcept nogil:
    need(d, p, 8)
    say(d, title)
    say_time(d, p)


cdef void say_difference(Dissection *d, const uint8_t *earlier, const uint8_t *later) noexcept nogil:
    """The time from one time stamp to the other; where the first is 0, the other itself."""
    cdef uint64_t a = u64(d, earlier), b = u64(d, later), span
    if a == 0:
        say_time(d, later)
        return
    if b > a:
        say_char(d, b'+')
        span = b - a
    else:
        say_char(d, b'-')
        span = a - b
    say_dec(d, span >> 32)
    say_nanoseconds(d, <uint32_t>span)


cdef void say_poll(Dissection *d, int32_t power) noexcept nogil:
    say_dec_signed(d, power)
    if -32 < power < 32:
        say(d, b" (")
        if power < 0:
            say(d, b"1/")
            power = -power
        say_dec(d, <uint64_t>1 << power)
        say(d, b"s)")


cdef inline void say_dec_signed(Dissection *d, int32_t v) noexcept nogil:
    put_int(d.out, v)


cdef bint say_reference(Dissection *d, const uint8_t *p, uint32_t stratum) noexcept nogil:
    """The reference identifier; False when nothing further is in the message."""
    need(d, p, 4)
    if stratum == 0 and (p[0] | p[1] | p[2] | p[3]) == 0:
        say(d, b"(unspec)")
    elif stratum <= 1:
        say_code(d, p)
    elif stratum == 62 or stratum == 63:
        say_ip4(d, p)
        say_either(d, stratum == 62, b" INFO_QUERY", b" INFO_REPLY")
        return False
    else:
        say(d, b"0x")
        say_hex(d, u32(d, p), 8)
    return True


cdef void say_code(Dissection *d, const uint8_t *p) noexcept nogil:
    """Four characters: a clock's name, or in a Kiss-o'-Death packet (RFC 5905, 7.4) its reason."""
    say_text(d, p, 4)


cdef void print_time(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t stratum
    if length < HEADER:
        say_invalid(d)
        need(d, p, length)
        return
    stratum = u8(d, p + 1)
    say_value(d, b", Stratum ", stratum)
    say(d, b" (")
    say(d, name_of(&STRATA, stratum, b"reserved"))
    say(d, b"), poll ")
    say_poll(d, signed_byte(u8(d, p + 2)))
    say(d, b", precision ")
    say_dec_signed(d, signed_byte(u8(d, p + 3)))
    need(d, p + 4, 4)
    say(d, b"\n\tRoot Delay: ")
    say_short(d, p + 4)
    need(d, p + 8, 4)
    say(d, b", Root dispersion: ")
    say_short(d, p + 8)
    need(d, p + 12, 4)
    say(d, b", Reference-ID: ")
    if not say_reference(d, p + 12, stratum):
        return
    say_stamp(d, b"\n\t  Reference Timestamp:  ", p + 16)
    say_stamp(d, b"\n\t  Origin Timestamp:     ", p + 24)
    say_stamp(d, b"\n\t  Receive Timestamp:    ", p + 32)
    say_stamp(d, b"\n\t  Transmit Timestamp:   ", p + 40)
    say(d, b"\n\t    Originator - Receive Timestamp:  ")
    say_difference(d, p + 24, p + 32)
    say(d, b"\n\t    Originator - Transmit Timestamp: ")
    say_difference(d, p + 24, p + 40)
    print_rest(d, p + HEADER, length - HEADER)


cdef void print_rest(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Extension fields, then the message authentication code; its length tells it from a field (RFC 7822, 7.5.1.3)."""
    cdef uint32_t n
    if length == 0:
        return
    if length != KEY_ID and length != KEY_ID + MD5 and length != KEY_ID + SHA1:
        say(d, b"\n\tExtension fields:")
    while length and length != KEY_ID and length != KEY_ID + MD5 and length != KEY_ID + SHA1:
        n = say_extension(d, p, length)
        if n == 0:
            say_invalid(d)
            return
        p += n
        length -= n
    if length:
        say(d, b"\n\tKey id: ")
        say_dec(d, u32(d, p))
    if length > KEY_ID:
        need(d, p + KEY_ID, length - KEY_ID)
        say(d, b"\n\tAuthentication: ")
        put_hex_bytes(d.out, p + KEY_ID, length - KEY_ID)


cdef uint32_t say_extension(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Print the extension field at p; its length, 0 for one that can't be right."""
    cdef uint32_t kind, n
    if length < 4:
        return 0
    kind = u16(d, p)
    n = u16(d, p + 2)
    say(d, b"\n\t  ")
    say(d, name_of(&EXTENSIONS, kind, b"Unknown type"))
    say(d, b" (0x")
    say_hex(d, kind, 4)
    say_value(d, b"), length ", n)
    if n < 16 or n % 4 or n > length:
        return 0
    need(d, p, n)
    if d.opt.verbose > 2:
        say_hexdump(d, b"\n\t    ", p + 4, n - 4)
    return n


cdef void print_control(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t bits, count
    if length < CONTROL_HEADER:
        say_invalid(d)
        need(d, p, length)
        return
    bits = u8(d, p + 1)
    say_either(d, bits & 0x80, b", Response", b", Request")
    say_either(d, bits & 0x40, b", Error", b", OK")
    say_either(d, bits & 0x20, b", More", b", Last")
    say_value(d, b", OpCode=", bits & 0x1f)
    say(d, b"\n")
    say_value(d, b"\tSequence=", u16(d, p + 2))
    say(d, b", Status=")
    if u16(d, p + 4):
        say(d, b"0x")
    say_hex(d, u16(d, p + 4), 1)
    say_value(d, b", Assoc.=", u16(d, p + 6))
    say_value(d, b", Offset=", u16(d, p + 8))
    count = u16(d, p + 10)
    say_value(d, b", Count=", count)
    if CONTROL_HEADER + count > length:
        say_invalid(d)
        need(d, p, length)
    elif count:
        need(d, p + CONTROL_HEADER, count)
        say(d, b"\n\tTO-BE-DONE: data not interpreted")


cdef void print_ntp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t status, mode
    d.protocol = b"ntp"
    status = u8(d, p)
    mode = status & 7
    say_value(d, b"NTPv", status >> 3 & 7)
    say(d, b", ")
    say(d, name_of(&MODES, mode, b"Reserved"))
    say_value(d, b", length ", length)
    if not d.opt.verbose:
        return
    say(d, b"\n\tLeap indicator: ")
    say(d, name_of(&LEAPS, status >> 6, b"clock unsynchronized"))
    say_value(d, b" (", status & 0xc0)
    say_char(d, b')')
    if mode < MODE_CONTROL:
        print_time(d, p, length)
    elif mode == MODE_CONTROL:
        print_control(d, p, length)


export_printer(__name__, "print_ntp", print_ntp)
