# A packet as a record: the values of the fields that its bytes and the capture tell. Nothing is allocated per packet.
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from ptcpdump.buffer cimport Buffer, put_bytes
from ptcpdump.dissect.packet_fields cimport PacketFields
from ptcpdump.packet cimport Packet, Span


# Places in PACKET_FIELDS of fields.py, whose names these are (OUR_ for "ptcpdump."); a test compares them.
cdef enum FieldNumber:
    F_TIMESTAMP = 0
    F_SOURCE_IP = 1
    F_SOURCE_PORT = 2
    F_SOURCE_MAC = 3
    F_DESTINATION_IP = 4
    F_DESTINATION_PORT = 5
    F_DESTINATION_MAC = 6
    F_NETWORK_TYPE = 7
    F_NETWORK_IANA_NUMBER = 8
    F_NETWORK_TRANSPORT = 9
    F_NETWORK_PROTOCOL = 10
    F_NETWORK_BYTES = 11
    F_NETWORK_DIRECTION = 12
    F_NETWORK_VLAN_ID = 13
    F_DNS_ID = 14
    F_DNS_TYPE = 15
    F_DNS_OP_CODE = 16
    F_DNS_HEADER_FLAGS = 17
    F_DNS_RESPONSE_CODE = 18
    F_DNS_QUESTION_NAME = 19
    F_DNS_QUESTION_TYPE = 20
    F_DNS_ANSWERS = 21
    F_DNS_RESOLVED_IP = 22
    F_TLS_VERSION = 23
    F_TLS_CIPHER = 24
    F_TLS_CLIENT_SERVER_NAME = 25
    F_TLS_NEXT_PROTOCOL = 26
    F_HTTP_REQUEST_METHOD = 27
    F_HTTP_RESPONSE_STATUS_CODE = 28
    F_URL_ORIGINAL = 29
    F_URL_DOMAIN = 30
    F_OUR_INTERFACE = 31
    F_OUR_DIRECTION = 32
    F_OUR_LENGTH_ORIGINAL = 33
    F_OUR_LENGTH_CAPTURED = 34
    F_OUR_LENGTH_PAYLOAD = 35
    F_OUR_LINKTYPE = 36
    F_OUR_ETHERTYPE = 37
    F_OUR_TRUNCATED = 38
    F_OUR_MALFORMED = 39
    F_OUR_IP_TTL = 40
    F_OUR_IP_TRAFFIC_CLASS = 41
    F_OUR_FRAGMENT_ID = 42
    F_OUR_FRAGMENT_OFFSET = 43
    F_OUR_FRAGMENT_MORE = 44
    F_OUR_TCP_FLAGS = 45
    F_OUR_TCP_SEQUENCE = 46
    F_OUR_TCP_ACKNOWLEDGMENT = 47
    F_OUR_TCP_WINDOW = 48
    F_OUR_ICMP_TYPE = 49
    F_OUR_ICMP_CODE = 50
    F_OUR_TLS_HELLO = 51
    F_OUR_TLS_PROTOCOLS = 52
    F_OUR_TUNNEL_TYPE = 53
    F_OUR_TUNNEL_ID = 54
    F_OUR_TUNNEL_DEPTH = 55
    F_OUR_TUNNEL_SOURCE_IP = 56
    F_OUR_TUNNEL_DESTINATION_IP = 57
    F_OUR_SUMMARY = 58
    PACKET_FIELDS = 59


# One value, by the kind of its field:
#   keyword: text, as it came: any bytes. keyword[], ip[]: the texts one after the other, before each its length as a
#   uint16_t in this machine's order. object[]: JSON. ip: text.data points to text.len bytes (4 or 16). long, boolean:
#   number; date: number, ns since the epoch as int64_t.
cdef union Cell:
    Span text
    uint64_t number


cdef struct Record:
    uint64_t present            # bit n: the field of number n has a value
    Cell cells[PACKET_FIELDS]


cdef class Recorder:
    cdef Record record          # of the last packet, valid for as long as that and until the next one
    cdef PacketFields fields
    cdef Buffer names           # decoded texts of the packet: what cells point to that is not in its bytes
    cdef Buffer answers
    cdef Buffer addresses
    cdef Buffer flags
    cdef char macs[2][18]
    cdef char numbers[3][12]
    cdef char words[3][16]      # names of numbers that have none, see words.pxd

    cdef void fill(self, const Packet *p) noexcept nogil
    cdef void fill_link(self) noexcept nogil
    cdef void fill_network(self) noexcept nogil
    cdef void fill_transport(self) noexcept nogil
    cdef void fill_payload(self, const uint8_t *data) noexcept nogil
    cdef void fill_dns(self, const uint8_t *data) noexcept nogil
    cdef void fill_tls(self, const uint8_t *data) noexcept nogil
    cdef void fill_http(self, const uint8_t *data) noexcept nogil
    cdef void fill_tunnel(self) noexcept nogil
    cdef void set_decimal(self, int field, int place, uint32_t value) noexcept nogil


cdef inline void set_number(Record *r, int field, uint64_t value) noexcept nogil:
    r.cells[field].number = value
    r.present |= <uint64_t>1 << field


cdef inline void set_span(Record *r, int field, const void *data, size_t n) noexcept nogil:
    r.cells[field].text.data = <const char *>data
    r.cells[field].text.len = <uint32_t>n
    r.present |= <uint64_t>1 << field


cdef inline void put_item(Buffer *b, const void *data, size_t n) noexcept nogil:
    """Append to the texts of a keyword[] or ip[]; what is longer than 65535 bytes is cut."""
    cdef uint16_t size = <uint16_t>min(n, <size_t>65535)
    put_bytes(b, &size, 2)
    put_bytes(b, data, size)
