"""The part of ASN.1's Basic Encoding Rules (X.690) that SNMP uses, with the types of the SMI (RFC 2578).

In Cython, with the list of variables, as a message may consist of nothing but the smallest of them.
"""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memchr

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.base.view cimport View
from ptcpdump.printers.management.mib cimport say_identifier

cdef enum:
    UNIVERSAL = 0           # the classes
    APPLICATION = 1
    CONTEXT = 2
    EXTENDED_TAG = 0x1F

cdef Names UNIVERSALS = names(dict(enumerate((
    b"U-0", b"Boolean", b"Integer", b"Bitstring", b"String", b"Null", b"ObjID", b"ObjectDes", b"U-8", b"U-9", b"U-10",
    b"U-11", b"U-12", b"U-13", b"U-14", b"U-15", b"Sequence", b"Set"))))
cdef Names APPLICATIONS = names(dict(enumerate((
    b"IpAddress", b"Counter", b"Gauge", b"TimeTicks", b"Opaque", b"C-5", b"Counter64"))))
cdef Names CONTEXTS = names(dict(enumerate((
    b"GetRequest", b"GetNextRequest", b"GetResponse", b"SetRequest", b"Trap", b"GetBulk", b"Inform", b"V2Trap",
    b"Report"))))
cdef Names PRIVATES = names({0: b"P-0"})
cdef Names EXCEPTIONS = names({0: b"noSuchObject", 1: b"noSuchInstance", 2: b"endOfMibView"})

# What an element is; the numbers that Python is told
OCTETS, INT, STRING, NULL_VALUE, OID, ADDRESS, UNSIGNED, UNSIGNED64, EXCEPTION, ANY, SEQUENCE, PDU = range(12)
cdef enum Kind:
    IS_OCTETS = 0
    IS_INT = 1
    IS_STRING = 2
    IS_NULL = 3
    IS_OID = 4
    IS_ADDRESS = 5
    IS_UNSIGNED = 6
    IS_UNSIGNED64 = 7
    IS_EXCEPTION = 8
    IS_ANY = 9
    IS_SEQUENCE = 10
    IS_PDU = 11


class Stop(Exception):  # noqa: N818 -- a condition of the packet, said in the line already
    """The rest of this part of the message can't be understood."""


@cython.final
@cython.freelist(8)
cdef class Element:
    """One element: what it is, where its content lies and where the next one starts."""

    cdef readonly int kind
    cdef readonly uint32_t tag
    cdef readonly int64_t at
    cdef readonly int64_t length
    cdef readonly int64_t end
    cdef uint64_t number
    cdef bint negative

    @property
    def value(self) -> int:
        """The number that it is."""
        return <int64_t>self.number if self.negative else self.number


cdef Element new_element(Kind kind, uint32_t tag, int64_t at, int64_t length):
    cdef Element made = Element.__new__(Element)
    made.kind = kind
    made.tag = tag
    made.at = at
    made.length = length
    made.end = at + length
    return made


def fail(view: View, text: str) -> Stop:
    """Write why the message ends here."""
    view.say(text)
    return Stop()


cpdef Element parse(View view, int64_t at, int64_t end):
    """The element at an offset, before `end`. Raises Stop when there is none or it does not fit."""
    cdef uint8_t first
    cdef uint32_t tag, octets, i
    cdef int64_t length
    cdef bint constructed
    cdef const uint8_t *p
    cdef const char *name
    if at >= end:
        raise fail(view, "[nothing to parse]")
    first = view.at(at, 1)[0]
    tag, constructed = first & 0x1F, first >> 5 & 1
    at += 1
    if tag == EXTENDED_TAG:
        at = extended_tag(view, at, end, &tag)
    if at >= end:
        raise fail(view, "[no asnlen]")
    length = view.at(at, 1)[0]
    at += 1
    if length & 0x80:
        octets = length & 0x7F
        if end - at < octets:
            raise fail(view, f"[asnlen? {end - at}<{octets}]")
        require(view, at, octets)
        p, length = view.at(at, octets), 0
        for i in range(octets):
            length = (length << 8 | p[i]) & 0xFFFFFFFF
        at += octets
    if end - at < length:
        raise fail(view, f"[len{end - at}<asnlen{length}]")
    name = name_of_tag(first >> 6, tag)
    if name == NULL:
        raise fail(view, f"[id?{'C' if constructed else 'P'}/x/{tag}]")
    require(view, at, length)
    if constructed:
        return constructed_element(view, first >> 6, tag, name, at, length)
    return primitive_element(view, first >> 6, tag, name, at, length)


cdef const char *name_of_tag(int category, uint32_t tag) noexcept:
    if category == UNIVERSAL:
        return name_of(&UNIVERSALS, tag, NULL)
    if category == APPLICATION:
        return name_of(&APPLICATIONS, tag, NULL)
    return name_of(&CONTEXTS if category == CONTEXT else &PRIVATES, tag, NULL)


cdef int require(View view, int64_t at, int64_t length) except -1:
    """Bytes that must have been captured."""
    if not has(view.packet(), view.p, <uint64_t>(at + length)):
        say_mark(view.packet())
        raise Stop
    return 0


cdef int64_t extended_tag(View view, int64_t at, int64_t end, uint32_t *tag) except -1:
    """A tag above 30: seven bits a byte. Returns the offset behind it, and the tag's last 16 bits."""
    cdef uint8_t byte
    tag[0] = 0
    while True:
        if at >= end:
            raise fail(view, "[Xtagfield?]")
        byte = view.at(at, 1)[0]
        at += 1
        tag[0] = (tag[0] << 7 | byte & 0x7F) & 0xFFFF
        if not byte & 0x80:
            return at


cdef Element constructed_element(View view, int category, uint32_t tag, const char *name, int64_t at, int64_t length):
    """Sequences and PDUs; whatever else is constructed is named and shown as octets."""
    if category == CONTEXT:
        return new_element(IS_PDU, tag, at, length)
    if category == UNIVERSAL and tag == 16:
        return new_element(IS_SEQUENCE, tag, at, length)
    say(view.packet(), b"C/U/" if category == UNIVERSAL else b"C/x/")
    say(view.packet(), name)
    return new_element(IS_OCTETS, tag, at, length)


cdef inline Kind primitive(int category, uint32_t tag) noexcept:
    """What is no string of octets."""
    if category == UNIVERSAL:
        return (IS_INT if tag == 2 else IS_STRING if tag == 4 else IS_NULL if tag == 5 else IS_OID if tag == 6
                else IS_OCTETS)
    if category == APPLICATION:
        return (IS_ADDRESS if tag == 0 else IS_UNSIGNED if tag <= 3 else IS_UNSIGNED64 if tag == 6 else IS_OCTETS)
    return IS_OCTETS if category != CONTEXT else IS_EXCEPTION if tag <= 2 else IS_ANY


cdef Element primitive_element(View view, int category, uint32_t tag, const char *name, int64_t at, int64_t length):
    """Numbers, strings, names."""
    cdef Element made = new_element(primitive(category, tag), tag, at, length)
    cdef Dissection *d = view.packet()
    if made.kind == IS_OCTETS:
        say(d, b"[P/U/" if category == UNIVERSAL else b"[P/A/" if category == APPLICATION else b"[P/x/")
        say(d, name)
        say_char(d, b']')
    elif made.kind == IS_INT:
        if length == 0:
            raise fail(view, "[asnlen=0]")
        made.number = number(view.at(at, length), length, 4)
        made.negative = made.number >> 31
        if length < 4 and view.at(at, 1)[0] & 0x80:     # a byte's sign goes on to the left
            made.number |= <uint64_t>0xFFFFFFFF << 8 * length
            made.negative = True
        if made.negative:
            made.number = <uint64_t><int64_t><int32_t>made.number
    elif made.kind == IS_UNSIGNED:
        made.number = number(view.at(at, length), length, 4)
    elif made.kind == IS_UNSIGNED64:
        made.number = number(view.at(at, length), length, 8)
    return made


cdef inline uint64_t number(const uint8_t *p, int64_t length, int size) noexcept:
    """The last `size` bytes of a number of any length."""
    cdef uint64_t value = 0
    cdef int64_t i
    for i in range(max(<int64_t>0, length - size), length):
        value = value << 8 | p[i]
    return value


cdef int say_octets(Dissection *d, const uint8_t *p, int64_t length, bint between) except -1:
    """Bytes in hexadecimal, an underscore before or only between them."""
    cdef int64_t i
    for i in range(length):
        if i or not between:
            say_char(d, b'_')
        say_hex(d, p[i], 2)
    return 0


cpdef octets(View view, Element element):
    """Bytes in hexadecimal, an underscore before each."""
    say_octets(view.packet(), view.at(element.at, element.length), element.length, False)


cpdef string(View view, Element element):
    """Text in quotes, or bytes in hexadecimal when it is not printable."""
    cdef Dissection *d = view.packet()
    cdef const uint8_t *p = view.at(element.at, element.length)
    cdef int64_t i
    for i in range(element.length):
        if not 0x20 <= p[i] < 0x7F:
            say_octets(d, p, element.length, True)
            return
    if memchr(p, b'\\', element.length) != NULL:
        view.say(f'"{p[:element.length].decode("ascii")}"')     # which tells it from what stands for another character
        return
    say_char(d, b'"')
    put_bytes(d.out, p, element.length)
    say_char(d, b'"')


cpdef show(View view, Element element):
    """The value of an element as tcpdump writes it."""
    cdef Dissection *d = view.packet()
    cdef const uint8_t *p
    cdef int64_t i
    if element.kind == IS_OCTETS:
        octets(view, element)
    elif element.kind == IS_STRING:
        string(view, element)
    elif element.kind == IS_OID:
        say_identifier(view, element.at, element.length)
    elif element.kind == IS_INT and element.negative:
        put_int(d.out, <int64_t>element.number)
    elif element.kind in (IS_INT, IS_UNSIGNED, IS_UNSIGNED64):
        say_dec(d, element.number)
    elif element.kind in (IS_SEQUENCE, IS_PDU):
        if element.kind == IS_SEQUENCE:
            say(d, b"Seq")
        else:
            say(d, name_of(&CONTEXTS, element.tag, b""))
        say_value(d, b"(", element.length)
        say_char(d, b')')
    elif element.kind == IS_ADDRESS:
        if element.length != 4:
            say(d, b"[inetaddr len!=4]")
        p = view.at(element.at, element.length)
        for i in range(element.length):
            if i:
                say_char(d, b'.')
            say_dec(d, p[i])
    elif element.kind == IS_EXCEPTION:
        say_char(d, b'[')
        say(d, name_of(&EXCEPTIONS, element.tag, b""))
        say_char(d, b']')
    elif element.kind == IS_ANY:
        say(d, b"[BE_ANY!?]")


cpdef Element expect(View view, int64_t at, int64_t end, int kind, str complaint):
    """The next element, which has to be of a kind. Raises Stop, with the complaint and the element printed."""
    cdef Element found = parse(view, at, end)
    if found.kind != kind:
        view.say(f"[{complaint}]")
        show(view, found)
        raise Stop
    return found


cpdef print_bindings(View view, int64_t at, int64_t end, bint reads):
    """Names of variables with their values; a request that reads has none."""
    cdef Dissection *d = view.packet()
    cdef Element binding, name, value
    while at < end:
        say_char(d, b' ')
        binding = expect(view, at, end, IS_SEQUENCE, "!varbind")
        name = expect(view, binding.at, binding.end, IS_OID, "objName!=OID")
        say_identifier(view, name.at, name.length)
        if not reads:
            say_char(d, b'=')
        value = parse(view, name.end, binding.end)
        if value.kind != IS_NULL:
            if reads:
                say(d, b"[objVal!=NULL]")
            show(view, value)
        at = binding.end
