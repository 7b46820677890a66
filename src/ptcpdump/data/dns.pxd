# DNS messages (RFC 1035) as texts.
from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.buffer cimport Buffer
from ptcpdump.dissect.packet_fields cimport PacketFields


cdef struct DnsTexts:
    uint32_t id
    uint32_t bits           # the second 16 bits of the header
    bint question           # `names` holds the name of the first question, `type` its type
    uint32_t type
    # Where the texts go, each empty at first
    Buffer *names
    Buffer *answers         # a JSON array
    Buffer *addresses       # of answers, see Cell in record.pxd
    Buffer *flags           # likewise


# What the message at f.dns says, as far as it can be read; `data` are the packet's bytes.
cdef void read_dns(DnsTexts *t, const PacketFields *f, const uint8_t *data) noexcept nogil
