"""DNS (RFC 1035) over UDP and TCP, and multicast DNS (RFC 6762)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.application.dns_names cimport skip_name
from ptcpdump.printers.application.dns_records cimport TYPE_OPT, say_question, say_record


cdef enum:
    HEADER = 12
    PORT_DNS = 53
    PORT_MDNS = 5353
    # The second 16 bits of the header (RFC 1035, 4.1.1; AD and CD: RFC 4035)
    FLAG_RESPONSE = 0x8000
    FLAG_AUTHORITATIVE = 0x0400
    FLAG_TRUNCATED = 0x0200
    FLAG_RECURSION_DESIRED = 0x0100
    FLAG_RECURSION_AVAILABLE = 0x0080
    FLAG_AUTHENTIC = 0x0020
    FLAG_CHECKING_DISABLED = 0x0010
    STRANGE_IN_QUERY = 0x06cf   # bits that have no meaning in a query
    OPCODE_INVERSE_QUERY = 1


# IANA, "DNS OpCodes"; those above 5 by the names that tcpdump gives them
cdef Names OPCODES = names({
    0: b"", 1: b" inv_q", 2: b" stat", 3: b" op3", 4: b" notify", 5: b" update", 6: b" op6", 7: b" op7", 8: b" op8",
    9: b" updateA", 10: b" updateD", 11: b" updateDA", 12: b" updateM", 13: b" updateMA", 14: b" zoneInit",
})

# IANA, "DNS RCODEs"; 17 and 21 have no name and come without a blank in tcpdump, and so here
cdef Names RESPONSE_CODES = names({
    0: b"", 1: b" FormErr", 2: b" ServFail", 3: b" NXDomain", 4: b" NotImp", 5: b" Refused", 6: b" YXDomain",
    7: b" YXRRSet", 8: b" NXRRSet", 9: b" NotAuth", 10: b" NotZone", 15: b" NoChange", 16: b" BadVers",
    17: b"Resp17", 21: b"Resp21", 23: b" BadCookie",
})


cdef const uint8_t *skip_record(Dissection *d, const uint8_t *p) noexcept nogil:
    """The first byte behind the record at p, NULL when nothing is left there to read."""
    p = skip_name(d, p)
    if p == NULL or not has(d, p + 8, 2):
        return NULL
    p += 10 + u16(d, p + 8)
    return p if p < d.end else NULL


cdef uint32_t extended_code(Dissection *d, const uint8_t *message) noexcept nogil:
    """The upper bits of the response code: they stand in the OPT record (RFC 6891, 6.1.3), if that can be reached."""
    cdef uint32_t i
    cdef const uint8_t *p = message + HEADER
    cdef const uint8_t *fields
    for i in range(u16(d, message + 4)):
        p = skip_name(d, p)
        if p == NULL or p + 4 >= d.end:
            return 0
        p += 4
    for i in range(<uint32_t>u16(d, message + 6) + u16(d, message + 8)):
        p = skip_record(d, p)
        if p == NULL:
            return 0
    for i in range(u16(d, message + 10)):
        fields = skip_name(d, p)
        if fields == NULL or not has(d, fields, 5):
            return 0
        if u16(d, fields) == TYPE_OPT:
            return <uint32_t>fields[4] << 4
        p = skip_record(d, p)
        if p == NULL:
            return 0
    return 0


cdef const uint8_t *say_section(Dissection *d, const uint8_t *p, const uint8_t *message, uint32_t count, bint mdns,
                                const char *title) noexcept nogil:
    """Print a section of records; the first byte behind it, or NULL when it is not there whole."""
    cdef uint32_t i = 0
    while i < count and p < d.end:
        if i == 0:
            say(d, title)
        else:
            say_char(d, b',')
        p = say_record(d, p, message, mdns)
        if p == NULL:
            return NULL
        i += 1
    return p if i == count else NULL


cdef bint say_further_sections(Dissection *d, const uint8_t *p, const uint8_t *message, bint mdns) noexcept nogil:
    p = say_section(d, p, message, u16(d, message + 8), mdns, b" ns:")
    return p != NULL and say_section(d, p, message, u16(d, message + 10), mdns, b" ar:") != NULL


cdef bint say_response(Dissection *d, const uint8_t *message, bint mdns) noexcept nogil:
    """Print a response; False when the message is broken or ends too early."""
    cdef uint32_t flags = u16(d, message + 2), questions = u16(d, message + 4), answers = u16(d, message + 6), i
    cdef uint32_t code = flags & 15
    cdef const uint8_t *p = message + HEADER
    if u16(d, message + 10):
        code |= extended_code(d, message)
    say_named(d, &RESPONSE_CODES, code, b" Resp")
    if flags & FLAG_AUTHORITATIVE:
        say_char(d, b'*')
    if not flags & FLAG_RECURSION_AVAILABLE:
        say_char(d, b'-')
    if flags & FLAG_TRUNCATED:
        say_char(d, b'|')
    if flags & FLAG_AUTHENTIC:
        say_char(d, b'$')
    if questions != 1:
        say_count(d, questions, b"q]")
    for i in range(questions):
        if i:
            say_char(d, b',')
        if d.opt.verbose > 1:
            say(d, b" q:")
            p = say_question(d, p, message, mdns)
            if p == NULL:
                return False
        else:
            p = skip_name(d, p)
            if p == NULL:
                return False
            p += 4
    say_value(d, b" ", answers)
    say_value(d, b"/", u16(d, message + 8))
    say_value(d, b"/", u16(d, message + 10))
    if answers:
        p = say_answers(d, p, message, answers, mdns)
    return p != NULL and (d.opt.verbose < 2 or say_further_sections(d, p, message, mdns))


cdef const uint8_t *say_answers(Dissection *d, const uint8_t *p, const uint8_t *message, uint32_t count,
                                bint mdns) noexcept nogil:
    """Print the answers, the first one even where the captured bytes end: it then stays empty."""
    p = say_record(d, p, message, mdns)
    if p == NULL or count == 1:
        return p
    if p >= d.end:
        return NULL
    say_char(d, b',')
    return say_section(d, p, message, count - 1, mdns, b"")


cdef bint say_query(Dissection *d, const uint8_t *message, bint mdns) noexcept nogil:
    """Print a query; False when the message is broken or ends too early."""
    cdef uint32_t flags = u16(d, message + 2), questions = u16(d, message + 4), answers = u16(d, message + 6), i = 0
    cdef const uint8_t *p = message + HEADER
    if flags & FLAG_RECURSION_DESIRED:
        say_char(d, b'+')
    if flags & FLAG_CHECKING_DISABLED:
        say_char(d, b'%')
    if flags & STRANGE_IN_QUERY:
        say(d, b" [b2&3=0x")
        say_hex(d, flags, 1)
        say_char(d, b']')
    if flags >> 11 & 15 == OPCODE_INVERSE_QUERY:
        if questions:
            say_count(d, questions, b"q]")
        if answers != 1:
            say_count(d, answers, b"a]")
    else:
        if answers:
            say_count(d, answers, b"a]")
        if questions != 1:
            say_count(d, questions, b"q]")
    if u16(d, message + 8):
        say_count(d, u16(d, message + 8), b"n]")
    if u16(d, message + 10):
        say_count(d, u16(d, message + 10), b"au]")
    while i < questions and (i == 0 or p < d.end):
        p = say_question(d, p, message, mdns)
        if p == NULL:
            return False
        i += 1
    if i < questions:
        return False
    if d.opt.verbose < 2:
        return True
    if answers:
        p = say_answers(d, p, message, answers, mdns)
    return p != NULL and say_further_sections(d, p, message, mdns)


cdef void say_count(Dissection *d, uint32_t count, const char *unit) noexcept nogil:
    say_value(d, b" [", count)
    say(d, unit)


cdef void print_message(Dissection *d, const uint8_t *p, uint32_t length, bint mdns) noexcept nogil:
    cdef bint whole
    if length < HEADER:
        say_value(d, b"domain [length ", length)
        say(d, b" < 12]")
        say_invalid(d)
        return
    need(d, p, HEADER)
    say_dec(d, u16(d, p))
    say(d, name_of(&OPCODES, u16(d, p + 2) >> 11 & 15, b" zoneRef"))
    whole = say_response(d, p, mdns) if u16(d, p + 2) & FLAG_RESPONSE else say_query(d, p, mdns)
    if not whole:
        say_mark(d)
        return
    say_value(d, b" (", length)
    say_char(d, b')')


cdef void print_over_tcp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A segment that is one message behind its length (RFC 1035, 4.2.2); others only say so: nothing is reassembled."""
    if length < 2:
        say_value(d, b" [DNS over TCP: length ", length)
        say(d, b" < 2]")
        say_invalid(d)
    elif u16(d, p) != length - 2:
        say_value(d, b" [prefix length(", u16(d, p))
        say_value(d, b") != length(", length - 2)
        say(d, b")]")
        say_invalid(d)
    else:
        say_char(d, b' ')
        print_message(d, p + 2, length - 2, False)


cdef void print_dns(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"domain"
    if d.over_tcp:
        print_over_tcp(d, p, length)
    else:
        print_message(d, p, length, False)


cdef void print_mdns(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"domain"
    print_message(d, p, length, True)


export_printer(__name__, "print_dns", print_dns)
export_printer(__name__, "print_mdns", print_mdns)
