"""DNS messages (RFC 1035) as texts, without Python objects; dissect/dns_message.py makes objects of them."""

from ptcpdump.buffer cimport put_bytes, put_char, put_dec, put_text
from ptcpdump.data.record cimport put_item
from ptcpdump.data.text cimport put_json
from ptcpdump.data.words cimport type_name
from ptcpdump.dissect.reader cimport get_be16, get_be32
from ptcpdump.printers.base.say cimport put_ip4_number, put_ip6_number

cdef enum:
    ANSWERS_MAX = 64        # that are told
    NAME_MAX = 255          # bytes of a name, its lengths included (RFC 1035, 3.1)
    POINTERS_MAX = 127      # followed for one name: as many as it can have labels
    POINTER = 0xc0
    HEADER = 12             # bytes before the first question
    RECORD = 10             # bytes of a record behind its name and before its data

# bits of the header, and their names in dns.header_flags
cdef uint32_t[6] flag_bits = [0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010]
cdef const char *flag_names = b"AATCRDRAADCD"


cdef void read_dns(DnsTexts *t, const PacketFields *f, const uint8_t *data) noexcept nogil:
    cdef const uint8_t *message = data + f.dns.at
    cdef uint32_t size = f.dns.len
    cdef uint32_t at, count, i
    t.id = get_be16(message)        # find_dns() has seen a whole header
    t.bits = get_be16(message + 2)
    at = put_name(t.names, message, size, HEADER) if get_be16(message + 4) else 0
    t.question = at != 0 and size - at >= 4
    if t.question:
        t.type = get_be16(message + at)
    for i in range(6):
        if t.bits & flag_bits[i]:
            put_item(t.flags, flag_names + 2 * i, 2)
    count = min(<uint32_t>get_be16(message + 6), <uint32_t>ANSWERS_MAX)
    at = f.dns_answers - f.dns.at if f.dns_answers else 0
    for i in range(count):
        if not at:
            break
        at = read_answer(t, message, size, at)
    if t.answers.len:
        put_char(t.answers, b']')


cdef uint32_t read_answer(DnsTexts *t, const uint8_t *message, uint32_t size, uint32_t at) noexcept nogil:
    """Append a record; returns where the next one begins, 0 if this one is not whole."""
    cdef Buffer *out = t.answers
    cdef size_t before = out.len
    cdef const uint8_t *p
    cdef uint32_t behind, length, type, target
    cdef char place[16]
    put_text(out, b"[{\"name\":\"" if before == 0 else b",{\"name\":\"")
    behind = put_json_name(out, message, size, at)
    if behind == 0 or size - behind < RECORD or get_be16(message + behind + 8) > size - behind - RECORD:
        out.len = before
        return 0
    p = message + behind
    type = get_be16(p)
    length = get_be16(p + 8)
    put_text(out, b"\",\"type\":\"")
    put_text(out, type_name(type, place))
    put_text(out, b"\",\"ttl\":")
    put_dec(out, get_be32(p + 4))
    p += RECORD
    if (type == 1 and length == 4) or (type == 28 and length == 16):
        put_text(out, b",\"data\":\"")
        before = out.len
        if length == 4:
            put_ip4_number(out, p)
        else:
            put_ip6_number(out, p)
        put_item(t.addresses, out.data + before, out.len - before)
        put_char(out, b'"')
    else:
        target = target_of(type)
        if target < length:
            before = out.len
            put_text(out, b",\"data\":\"")
            if put_json_name(out, message, size, behind + RECORD + target):
                put_char(out, b'"')
            else:
                out.len = before
    put_char(out, b'}')
    return behind + RECORD + length


cdef inline uint32_t target_of(uint32_t type) noexcept nogil:
    """Where in a record's data the name stands that it leads to: NS, CNAME, PTR, MX, SRV, DNAME."""
    if type == 2 or type == 5 or type == 12 or type == 39:
        return 0
    if type == 15:
        return 2
    return 6 if type == 33 else 0xffffffff


cdef uint32_t put_json_name(Buffer *out, const uint8_t *message, uint32_t size, uint32_t at) noexcept nogil:
    """put_name() inside a JSON string: a name is ASCII, so only its backslashes and quotes need care."""
    cdef char name[1100]        # put_name() writes 4 characters for each of NAME_MAX bytes at the most
    cdef Buffer b
    cdef uint32_t behind
    b.data = name
    b.len = 0
    b.cap = sizeof(name)
    behind = put_name(&b, message, size, at)
    if behind:
        put_json(out, b.data, b.len)
    return behind


cdef uint32_t put_name(Buffer *out, const uint8_t *message, uint32_t size, uint32_t at) noexcept nogil:
    """Append a name in the presentation format of RFC 1035, 5.1, "." for the root; returns where it ends in the message.

    0, and nothing appended, if it is broken: it ends too early, is too long, or a pointer does not lead backwards.
    """
    cdef size_t before = out.len
    cdef uint32_t behind = 0, limit = at, length = 0, pointers = 0, first, i
    while at < size:
        first = message[at]
        if first >= POINTER:
            if at + 1 >= size:
                break
            if not behind:
                behind = at + 2
            at = (first & 0x3f) << 8 | message[at + 1]
            pointers += 1
            if at >= limit or pointers > POINTERS_MAX:
                break
            limit = at
            continue
        length += first + 1
        if first & POINTER or first >= size - at or length > NAME_MAX:
            break
        at += 1
        if first == 0:
            if out.len == before:
                put_char(out, b'.')
            return behind if behind else at
        if out.len != before:
            put_char(out, b'.')
        for i in range(first):
            put_label_char(out, message[at + i])
        at += first
    out.len = before
    return 0


cdef inline void put_label_char(Buffer *out, uint8_t c) noexcept nogil:
    if c <= 0x20 or c >= 0x7f:
        put_char(out, b'\\')
        put_char(out, <char>(48 + c // 100))
        put_char(out, <char>(48 + c // 10 % 10))
        put_char(out, <char>(48 + c % 10))
        return
    if c == b'.' or c == b'"' or c == b'(' or c == b')' or c == b';' or c == b'@' or c == b'$' or c == b'\\':
        put_char(out, b'\\')
    put_char(out, <char>c)
