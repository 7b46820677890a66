"""JSON: an object a packet, on a line of its own, in ASCII. Its fields are those of data/fields.py.

Their order is the table's: first those of the Elastic Common Schema, then the owner's, of which the text is made once per
owner, last those of `ptcpdump`.
"""

from libc.stdint cimport uint8_t, uint16_t
from libc.string cimport memcpy

from ptcpdump.buffer cimport buffer_free, put_bytes, put_char, put_dec, put_text
from ptcpdump.data.fields import PACKET_FIELDS as ROWS
from ptcpdump.data.fields import Kind
from ptcpdump.data.owner_index cimport MOST_OWNERS
from ptcpdump.data.owners import json_of
from ptcpdump.data.record cimport F_OUR_INTERFACE, Cell
from ptcpdump.data.text cimport put_json
from ptcpdump.printers.base.say cimport put_ip4_number, put_ip6_number
from ptcpdump.sinks.options import TimeStyle
from ptcpdump.sinks.timestamp cimport clock_init, put_time


cdef enum JsonKind:
    JSON_TEXT = 0
    JSON_NUMBER = 1
    JSON_TRUE = 2
    JSON_DATE = 3
    JSON_ADDRESS = 4
    JSON_TEXTS = 5
    JSON_RAW = 6

cdef enum:
    MAX_OWNER_BYTES = 33554432      # of all texts of owners: a pod's annotations can be long

cdef dict KINDS = {
    Kind.KEYWORD: JSON_TEXT, Kind.LONG: JSON_NUMBER, Kind.BOOLEAN: JSON_TRUE, Kind.DATE: JSON_DATE, Kind.IP: JSON_ADDRESS,
    Kind.KEYWORDS: JSON_TEXTS, Kind.IPS: JSON_TEXTS, Kind.OBJECTS: JSON_RAW,
}
# Fields before the owner's; those behind stand in `ptcpdump`
cdef uint64_t FIRST = (<uint64_t>1 << F_OUR_INTERFACE) - 1


cdef extern from *:
    int __builtin_ctzll(unsigned long long value) noexcept nogil


cdef class JsonSink(RecordSink):
    """Writes a line of JSON per packet to an Output.

    options, chosen: see RecordSink.set_up().
    """

    def __cinit__(self, Output output not None, options not None, chosen not None):
        self.output = output
        self.set_up(options, chosen)
        self.owner_texts = []
        clock_init(&self.clock, TimeStyle.DATE, True, True)
        self.lay_out()

    def __dealloc__(self):
        buffer_free(&self.owner_json)

    cdef void lay_out(self) except *:
        """Make the texts that lead to each field's value."""
        cdef Layout *layout
        cdef bytes text
        cdef int number, depth
        numbers = {}
        self.kept = []
        for number, field in enumerate(ROWS):
            layout = &self.layouts[number]
            *groups, name = field.path
            layout.kind = KINDS[field.kind]
            layout.depth = len(groups)
            for depth in range(layout.depth + 1):
                text = ("".join(f'"{group}":{{' for group in groups[depth:]) + f'"{name}":').encode()
                self.kept.append(text)
                layout.opening[depth].data = text
                layout.opening[depth].len = <uint32_t>len(text)
                if depth < layout.depth:
                    layout.groups[depth] = numbers.setdefault(tuple(groups[:depth + 1]), len(numbers) + 1)
        self.own_group = numbers["ptcpdump",]

    cdef int packet(self, const Packet *p) except -1 nogil:
        if not self.sampled():
            return 0
        self.object(&self.output.buffer, p)
        return self.output.written()

    cdef int flush(self) except -1 nogil:
        return self.output.send()

    cpdef int close(self) except -1:
        return self.output.close()

    cdef int object(self, Buffer *b, const Packet *p) except -1 nogil:
        cdef const OwnerJson *owner = NULL
        self.fill(p)        # may raise: before anything is written
        if p.context != NULL:
            owner = self.owner_of(p.context.context)
        put_char(b, b'{')
        self.put_members(b, self.recorder.record.present & FIRST, 0)
        if owner != NULL:
            put_bytes(b, owner.others.data, owner.others.len)
        put_text(b, b",\"ptcpdump\":{")
        if owner != NULL:
            put_bytes(b, owner.own.data, owner.own.len)
        self.put_members(b, self.recorder.record.present & ~FIRST, self.own_group)
        put_bytes(b, b"}}\n", 3)
        return 0

    cdef void put_members(self, Buffer *b, uint64_t which, int within) noexcept nogil:
        """The fields of these numbers, without a comma before the first one, as members of the group `within` (0: none)."""
        cdef Layout *layout
        cdef const Span *opening
        cdef int group[DEPTHS]
        cdef int base = 1 if within else 0
        cdef int depth = base, common, field
        cdef bint begun = False
        group[0] = within
        while which:
            field = __builtin_ctzll(which)
            which &= which - 1
            layout = &self.layouts[field]
            common = 0
            while common < depth and common < layout.depth and group[common] == layout.groups[common]:
                common += 1
            while depth > common:
                put_char(b, b'}')
                depth -= 1
            if begun:
                put_char(b, b',')
            begun = True
            opening = &layout.opening[common]
            put_bytes(b, opening.data, opening.len)
            memcpy(group, layout.groups, sizeof(group))
            depth = layout.depth
            self.put_value(b, field)
        while depth > base:
            put_char(b, b'}')
            depth -= 1

    cdef void put_value(self, Buffer *b, int field) noexcept nogil:
        cdef const Cell *cell = &self.recorder.record.cells[field]
        cdef int kind = self.layouts[field].kind
        cdef size_t start
        if kind == JSON_NUMBER:
            put_dec(b, cell.number)
        elif kind == JSON_TRUE:
            put_text(b, b"true")
        elif kind == JSON_RAW:
            put_bytes(b, cell.text.data, cell.text.len)
        elif kind == JSON_TEXTS:
            put_array(b, &cell.text)
        else:
            put_char(b, b'"')
            if kind == JSON_TEXT:
                put_json(b, cell.text.data, cell.text.len)
            elif kind == JSON_DATE:
                start = b.len
                put_time(b, &self.clock, <int64_t>cell.number)      # "2026-11-29 12:00:00.123456789 "
                b.data[start + 10] = b'T'
                b.data[b.len - 1] = b'Z'
            elif cell.text.len == 4:
                put_ip4_number(b, <const uint8_t *>cell.text.data)
            else:
                put_ip6_number(b, <const uint8_t *>cell.text.data)
            put_char(b, b'"')

    cdef const OwnerJson *owner_of(self, void *context) except NULL nogil:
        cdef int row = self.owners.find(context)
        if row >= 0:
            return &(<const OwnerJson *>self.owner_json.data)[row]
        with gil:
            return self.learn(context)

    cdef const OwnerJson *learn(self, void *context) except NULL:
        """Make the texts of an owner that is met for the first time; when there are too many, all begins anew."""
        cdef OwnerJson made
        known = <object>context
        cdef bytes others, own
        others, own = json_of(None if known is None else self.chosen(known))
        if self.owners.count >= MOST_OWNERS or self.owner_bytes > MAX_OWNER_BYTES:
            self.owners.clear()
            self.owner_texts.clear()
            self.owner_json.len = self.owner_bytes = 0
        self.owners.add(context)
        self.owner_texts.append((others, own))
        self.owner_bytes += len(others) + len(own)
        made.others.data = others
        made.others.len = <uint32_t>len(others)
        made.own.data = own
        made.own.len = <uint32_t>len(own)
        put_bytes(&self.owner_json, &made, sizeof(made))
        return &(<const OwnerJson *>self.owner_json.data)[self.owners.count - 1]


cdef void put_array(Buffer *b, const Span *texts) noexcept nogil:
    """Texts one after the other, see Cell in record.pxd."""
    cdef const char *at = texts.data
    cdef const char *end = at + texts.len
    cdef uint16_t size
    put_char(b, b'[')
    while at < end:
        if at != texts.data:
            put_char(b, b',')
        memcpy(&size, at, 2)
        put_char(b, b'"')
        put_json(b, at + 2, size)
        put_char(b, b'"')
        at += 2 + size
    put_char(b, b']')
