"""Text with what TLS hides: under the packet that completed it, lines about the HTTP that its connection carries."""

from libc.stdint cimport uint32_t

from ptcpdump.buffer cimport put_bytes
from ptcpdump.dissect.core cimport dissect
from ptcpdump.dissect.packet_fields cimport FOUND_TCP, PacketFields
from ptcpdump.packet cimport Packet

from ptcpdump.dissect.fields import Fields
from ptcpdump.tls.conversations import Conversations

TLS_KEY_LOG = 0x544c534b        # pcapng's type of secrets


cdef class DecryptingSink(Sink):
    """Stands before the sink of text. keys: a KeyStore, which secrets of the savefile are added to.

    without_keys(number): told at the end how many connections were not decrypted because their keys are not known.
    """

    def __cinit__(self, TextSink inner not None, keys not None, without_keys not None):
        self.inner = inner
        self.keys = keys
        self.without_keys = without_keys
        self.conversations = Conversations(keys)

    cdef int packet(self, const Packet *p) except -1 nogil:
        cdef PacketFields f
        self.inner.packet(p)
        dissect(&f, p.data, p.captured, p.length, p.linktype)
        if not f.found & FOUND_TCP:
            return 0
        with gil:
            data = (<const char *>p.data)[:p.captured]
            for line in self.conversations.packet(Fields(data, <int>p.linktype, p.length), p.time):
                self.put((f"    {line}\n").encode())
        return self.inner.output.written()

    def put(self, bytes text):
        put_bytes(&self.inner.output.buffer, <const char *>text, len(text))

    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1:
        if kind == TLS_KEY_LOG:
            self.keys.add(secrets)
        return 0

    cdef int settle(self) except -1 nogil:
        return self.inner.settle()

    cdef int flush(self) except -1 nogil:
        return self.inner.flush()

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        return self.inner.add_interface(row, interface)

    cpdef int drop_interface(self, uint32_t row) except -1:
        return self.inner.drop_interface(row)

    cpdef int close(self) except -1:
        if not self.closed:
            self.closed = True
            self.conversations.close()
            self.without_keys(self.conversations.without_keys)
        return self.inner.close()
