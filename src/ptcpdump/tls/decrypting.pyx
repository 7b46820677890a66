"""Text with what TLS hides: under the packet that completed it, lines about the HTTP that its connection carries."""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memset

from cpython.unicode cimport PyUnicode_AsUTF8AndSize

from ptcpdump.buffer cimport put_bytes, put_char
from ptcpdump.dissect.core cimport dissect
from ptcpdump.dissect.packet_fields cimport FOUND_TCP, FOUND_UDP, PacketFields
from ptcpdump.packet cimport Packet, no_owner
from ptcpdump.printers.base.core cimport print_bytes
from ptcpdump.printers.base.dissection cimport dump_wanted

from ptcpdump.dissect.fields import Fields
from ptcpdump.net.interface import Interface
from ptcpdump.tls import pdus
from ptcpdump.tls.conversations import Conversations
from ptcpdump.tls.messages import Chosen
from ptcpdump.tls.quic.conversations import QuicConversations

TLS_KEY_LOG = 0x544c534b        # pcapng's type of secrets
SENDERS = (b"client", b"server")

cdef enum:
    UDP = 17
    NO_INTERFACE = 0xffffffff   # a row of the interface table that none has
    LONG_HEADER = 0x80          # a bit of the first byte of QUIC's packets
    SMALLEST_QUIC = 21          # bytes of a datagram: header, number and tag
    QUIC_1 = 0x00000001
    QUIC_2 = 0x6b3343cf


cdef bint is_quic(const uint8_t *version) noexcept nogil:
    """Whether these four bytes are a version that can be decrypted."""
    cdef uint32_t number = <uint32_t>version[0] << 24 | version[1] << 16 | version[2] << 8 | version[3]
    return number == QUIC_1 or number == QUIC_2


cdef class DecryptingSink(ForwardingSink):
    """Stands before the sink of text, or of JSON. keys: a KeyStore, which secrets of the savefile are added to.

    without_keys(tls, quic, before): told at the end how many connections were not decrypted: because their keys are not
    known, and of TLS because they had begun before the first packet.
    endings: called before that. chosen: a messages.Chosen; where it chooses, only packets that complete a message of
    those are printed. plaintext: a sink of pcapng files that gets the plaintext as exported PDUs, or None.
    """

    def __cinit__(self, Sink inner not None, keys not None, without_keys not None, endings=(), chosen=None,
                  Sink plaintext=None):
        self.text = inner if isinstance(inner, TextSink) else None
        self.record = None if isinstance(inner, TextSink) else inner
        self.keys = keys
        self.without_keys = without_keys
        self.endings = endings
        self.choosy = bool(chosen)
        self.conversations = Conversations(keys, chosen or Chosen())
        self.quic = QuicConversations(keys, chosen or Chosen())
        self.plaintext = plaintext
        if plaintext is not None:
            plaintext.add_interface(0, Interface("tls", linktype=pdus.LINKTYPE, description="what TLS protects"))

    cdef int packet(self, const Packet *p) except -1 nogil:
        cdef PacketFields f
        dissect(&f, p.data, p.captured, p.length, p.linktype)
        if f.found & FOUND_TCP:
            with gil:
                return self.shown(p, self.conversations)
        # A long header of a known version, or any datagram where connections are known
        if f.found & FOUND_UDP and f.payload.len >= SMALLEST_QUIC and (
                self.quic_active or p.data[f.payload.at] & LONG_HEADER and is_quic(p.data + f.payload.at + 1)):
            with gil:
                self.shown(p, self.quic)
                self.quic_active = self.quic.active
            return 0
        return 0 if self.choosy else self.inner.packet(p)

    cdef int shown(self, const Packet *p, conversations) except -1:
        """Print a packet of TCP or UDP with what it has completed of these."""
        self.time = p.time
        told = conversations.packet(Fields((<const char *>p.data)[:p.captured], <int>p.linktype, p.length), p.time)
        if not self.choosy or told.messages:
            if self.record is not None and told.messages:
                self.record.tell(told.messages[0][0])
            self.inner.packet(p)
            if self.text is not None:
                self.put_told(told)
                self.text.output.written()
        elif told.late and self.text is not None:
            self.put_told(told)
        self.follow_up(p, told)
        return 0

    cdef int follow_up(self, const Packet *p, told) except -1:
        """What is told beside a packet's own line, or record: plaintext, and messages of connections that have waited."""
        if self.plaintext is not None:
            self.export(p, told)
        if self.record is not None:
            for message, flow in told.late:
                self.record_late(p.time, message, pdus.bare(flow))
        return 0

    cdef int record_late(self, int64_t time, message, bytes data) except -1:
        """A record of a message of which no packet of its own is at hand: by the headers that its packets have."""
        cdef Packet made
        memset(&made, 0, sizeof(made))
        made.time = time
        made.data = <const uint8_t *><const char *>data
        made.captured = made.length = <uint32_t>len(data)
        made.linktype, made.interface = pdus.LINKTYPE_RAW, NO_INTERFACE
        self.record.tell(message)
        return self.inner.packet(&made)

    cdef int put_told(self, told) except -1:
        cdef Py_ssize_t size = 0
        cdef const char *text
        cdef str line
        for line in told.lines:         # of which there may be thousands
            text = PyUnicode_AsUTF8AndSize(line, &size)
            put_bytes(&self.text.output.buffer, b"    ", 4)
            put_bytes(&self.text.output.buffer, text, size)
            put_char(&self.text.output.buffer, b'\n')
        if dump_wanted(self.text.dissection.opt):
            for server, _, plain, flow in told.plain:
                self.put_dump((b"QUIC" if flow[37] == UDP else b"TLS") + b": plaintext of the " + SENDERS[server], plain)
        return 0

    cdef int put_dump(self, bytes title, bytes plain) except -1:
        """Plaintext as -x, -X or -A want bytes."""
        cdef Packet made
        made.data = <const uint8_t *><const char *>plain
        made.captured = made.length = <uint32_t>len(plain)
        self.put(b"    " + title + f", {len(plain)} bytes:".encode())
        self.text.dissection.link_header = 0
        self.text.dissection.out = &self.text.output.buffer
        print_bytes(&self.text.dissection, &made)
        put_char(&self.text.output.buffer, b'\n')
        return 0

    cdef int export(self, const Packet *p, told) except -1:
        """Hand the plaintext that a packet has completed on, as that of whoever has sent it."""
        cdef Packet made = p[0]
        cdef bytes data
        no_owner(&made)
        made.context = p.context
        made.linktype, made.interface, made.stays = pdus.LINKTYPE, 0, False
        for _, protocol, plain, sender in told.plain:
            for data in pdus.exported(sender, protocol, plain):
                made.data = <const uint8_t *><const char *>data
                made.captured = made.length = <uint32_t>len(data)
                self.plaintext.packet(&made)
                self.plaintext.settle()
        return 0

    def put(self, bytes text):
        put_bytes(&self.text.output.buffer, <const char *>text, len(text))

    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1:
        if kind == TLS_KEY_LOG:
            self.keys.add(secrets)
        return 0

    cdef int flush(self) except -1 nogil:
        if self.plaintext is not None:
            self.plaintext.flush()
        return self.inner.flush()

    cpdef int close(self) except -1:
        cdef Packet last
        memset(&last, 0, sizeof(last))
        last.time = self.time
        if not self.closed:
            self.closed = True
            for ending in self.endings:
                ending()
            for conversations in (self.conversations, self.quic):
                told = conversations.close()
                if self.text is not None:
                    self.put_told(told)
                self.follow_up(&last, told)
            self.without_keys(self.conversations.without_keys, self.quic.without_keys, self.conversations.begun_before)
            if self.plaintext is not None:
                self.plaintext.close()
        return self.inner.close()
