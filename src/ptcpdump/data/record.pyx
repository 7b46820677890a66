"""From a packet to the values of its fields (fields.py): one pass over its bytes, then a cell for each thing it found."""

from libc.string cimport memcpy, memset, strlen

from ptcpdump.buffer cimport buffer_free, write_dec
from ptcpdump.data.dns cimport DnsTexts, read_dns
from ptcpdump.data.words cimport cipher_name, opcode_name, rcode_name, transport_name, tunnel_name, type_name
from ptcpdump.dissect.core cimport dissect
from ptcpdump.dissect.packet_fields cimport *
from ptcpdump.packet cimport DIRECTION_IN, DIRECTION_OUT


cdef enum:
    ETHERTYPE_ARP = 0x0806


# The letters of each combination of the nine flags, as tcpdump orders them, and how many
cdef char flag_text[512][10]
cdef uint8_t flag_size[512]


cdef void make_flags() noexcept:
    cdef bytes text
    for flags in range(512):
        text = "".join(
            letter for letter, bit in zip("FSRP.UEWe", (1, 2, 4, 8, 16, 32, 64, 128, 256)) if flags & bit).encode()
        memcpy(flag_text[flags], <const char *>text, len(text))
        flag_size[flags] = <uint8_t>len(text)


make_flags()

cdef char[256][2] pairs     # each byte as two digits


cdef void make_pairs() noexcept:
    cdef const char *digits = b"0123456789ABCDEF"
    for byte in range(256):
        pairs[byte][0] = digits[byte >> 4]
        pairs[byte][1] = digits[byte & 15]


make_pairs()


cdef inline void set_word(Record *r, int field, const char *word) noexcept nogil:
    """A literal; NULL: there is no value."""
    if word != NULL:
        set_span(r, field, word, strlen(word))


cdef inline void set_slice(Record *r, int field, const uint8_t *data, const Slice *s) noexcept nogil:
    if s.len:
        set_span(r, field, data + s.at, s.len)


cdef class Recorder:
    """Fills its record in for one packet after the other."""

    def __cinit__(self):
        memset(&self.record, 0, sizeof(self.record))
        memset(&self.fields, 0, sizeof(self.fields))

    def __dealloc__(self):
        buffer_free(&self.names)
        buffer_free(&self.answers)
        buffer_free(&self.addresses)
        buffer_free(&self.flags)

    cdef void fill(self, const Packet *p) noexcept nogil:
        """All but the interface's name and the summary, which sinks know."""
        cdef Record *r = &self.record
        cdef PacketFields *f = &self.fields
        dissect(f, p.data, p.captured, p.length, p.linktype)
        r.present = 0
        set_number(r, F_TIMESTAMP, <uint64_t>p.time)
        set_number(r, F_NETWORK_BYTES, p.length)
        set_number(r, F_OUR_LENGTH_ORIGINAL, p.length)
        set_number(r, F_OUR_LENGTH_CAPTURED, p.captured)
        set_number(r, F_OUR_LENGTH_PAYLOAD, f.payload_length)
        set_number(r, F_OUR_LINKTYPE, p.linktype)
        if p.direction == DIRECTION_IN:
            set_word(r, F_NETWORK_DIRECTION, b"ingress")
            set_word(r, F_OUR_DIRECTION, b"in")
        elif p.direction == DIRECTION_OUT:
            set_word(r, F_NETWORK_DIRECTION, b"egress")
            set_word(r, F_OUR_DIRECTION, b"out")
        if f.found & FOUND_TRUNCATED:
            set_number(r, F_OUR_TRUNCATED, 1)
        if f.found & FOUND_MALFORMED:
            set_number(r, F_OUR_MALFORMED, 1)
        self.fill_link()
        if f.found & FOUND_IP:
            self.fill_network()
        if f.found & FOUND_TRANSPORT:
            self.fill_transport()
        if f.found & (FOUND_DNS | FOUND_CLIENT_HELLO | FOUND_SERVER_HELLO | FOUND_HTTP_REQUEST | FOUND_HTTP_RESPONSE |
                      FOUND_QUIC_INITIAL):
            self.fill_payload(p.data)
        if f.tunnels:
            self.fill_tunnel()

    cdef void set_decimal(self, int field, int place, uint32_t value) noexcept nogil:
        """A keyword that is a number."""
        cdef char *text = self.numbers[place]
        set_span(&self.record, field, text, write_dec(text, value) - text)

    cdef void fill_link(self) noexcept nogil:
        cdef Record *r = &self.record
        cdef PacketFields *f = &self.fields
        if f.found & FOUND_MAC_SOURCE:
            write_mac(self.macs[0], f.mac_source)
            set_span(r, F_SOURCE_MAC, self.macs[0], 17)
        if f.found & FOUND_MAC_DESTINATION:
            write_mac(self.macs[1], f.mac_destination)
            set_span(r, F_DESTINATION_MAC, self.macs[1], 17)
        if f.found & FOUND_ETHERTYPE:
            set_number(r, F_OUR_ETHERTYPE, f.ethertype)
            if f.ethertype == ETHERTYPE_ARP:
                set_word(r, F_NETWORK_TYPE, b"arp")
        if f.vlans:
            self.set_decimal(F_NETWORK_VLAN_ID, 0, f.vlan[0] & 0xfff)

    cdef void fill_network(self) noexcept nogil:
        cdef Record *r = &self.record
        cdef PacketFields *f = &self.fields
        cdef uint32_t size = 4 if f.ends.version == 4 else 16
        set_span(r, F_SOURCE_IP, f.ends.source, size)
        set_span(r, F_DESTINATION_IP, f.ends.destination, size)
        set_word(r, F_NETWORK_TYPE, b"ipv4" if size == 4 else b"ipv6")
        self.set_decimal(F_NETWORK_IANA_NUMBER, 1, f.ends.protocol)
        set_word(r, F_NETWORK_TRANSPORT, transport_name(f.ends.protocol))
        set_number(r, F_OUR_IP_TTL, f.ttl)
        set_number(r, F_OUR_IP_TRAFFIC_CLASS, f.traffic_class)
        if f.found & FOUND_FRAGMENT:
            set_number(r, F_OUR_FRAGMENT_ID, f.fragment_id)
            set_number(r, F_OUR_FRAGMENT_OFFSET, f.fragment_offset)
            if f.more_fragments:
                set_number(r, F_OUR_FRAGMENT_MORE, 1)

    cdef void fill_transport(self) noexcept nogil:
        cdef Record *r = &self.record
        cdef PacketFields *f = &self.fields
        if f.found & FOUND_PORTS:
            set_number(r, F_SOURCE_PORT, f.ends.source_port)
            set_number(r, F_DESTINATION_PORT, f.ends.destination_port)
        if f.found & FOUND_TCP:
            set_span(r, F_OUR_TCP_FLAGS, flag_text[f.tcp_flags & 0x1ff], flag_size[f.tcp_flags & 0x1ff])
            set_number(r, F_OUR_TCP_SEQUENCE, f.seq)
            set_number(r, F_OUR_TCP_ACKNOWLEDGMENT, f.ack)
            set_number(r, F_OUR_TCP_WINDOW, f.window)
        elif f.found & FOUND_ICMP:
            set_number(r, F_OUR_ICMP_TYPE, f.icmp_type)
            set_number(r, F_OUR_ICMP_CODE, f.icmp_code)

    cdef void fill_payload(self, const uint8_t *data) noexcept nogil:
        cdef uint32_t found = self.fields.found
        if found & FOUND_DNS:
            self.fill_dns(data)
        elif found & (FOUND_CLIENT_HELLO | FOUND_SERVER_HELLO):
            self.fill_tls(data)
        elif found & (FOUND_HTTP_REQUEST | FOUND_HTTP_RESPONSE):
            self.fill_http(data)
        else:
            set_word(&self.record, F_NETWORK_PROTOCOL, b"quic")

    cdef void fill_dns(self, const uint8_t *data) noexcept nogil:
        cdef Record *r = &self.record
        cdef DnsTexts texts
        cdef uint32_t bits
        self.names.len = self.answers.len = self.addresses.len = self.flags.len = 0
        texts.names = &self.names
        texts.answers = &self.answers
        texts.addresses = &self.addresses
        texts.flags = &self.flags
        read_dns(&texts, &self.fields, data)
        bits = texts.bits
        set_word(r, F_NETWORK_PROTOCOL, b"dns")
        self.set_decimal(F_DNS_ID, 2, texts.id)
        set_word(r, F_DNS_TYPE, b"answer" if bits & 0x8000 else b"query")
        set_word(r, F_DNS_OP_CODE, opcode_name(bits >> 11 & 15, self.words[2]))
        if self.flags.len:
            set_span(r, F_DNS_HEADER_FLAGS, self.flags.data, self.flags.len)
        if bits & 0x8000:
            set_word(r, F_DNS_RESPONSE_CODE, rcode_name(bits & 15, self.words[1]))
        if texts.question:
            set_span(r, F_DNS_QUESTION_NAME, self.names.data, self.names.len)
            set_word(r, F_DNS_QUESTION_TYPE, type_name(texts.type, self.words[0]))
        if self.answers.len:
            set_span(r, F_DNS_ANSWERS, self.answers.data, self.answers.len)
        if self.addresses.len:
            set_span(r, F_DNS_RESOLVED_IP, self.addresses.data, self.addresses.len)

    cdef void fill_tls(self, const uint8_t *data) noexcept nogil:
        cdef Record *r = &self.record
        cdef PacketFields *f = &self.fields
        cdef const uint8_t *at = data + f.alpn.at
        cdef const uint8_t *end = at + f.alpn.len
        set_word(r, F_NETWORK_PROTOCOL, b"tls")
        if f.found & FOUND_SERVER_HELLO:
            set_word(r, F_OUR_TLS_HELLO, b"server")
            set_word(r, F_TLS_VERSION, version_name(f.hello_version))
            if f.hello_cipher:
                set_word(r, F_TLS_CIPHER, cipher_name(f.hello_cipher, self.words[0]))
            if end - at > 1:
                set_span(r, F_TLS_NEXT_PROTOCOL, at + 1, min(<size_t>at[0], <size_t>(end - at - 1)))
            return
        set_word(r, F_OUR_TLS_HELLO, b"client")
        set_slice(r, F_TLS_CLIENT_SERVER_NAME, data, &f.server_name)
        self.names.len = 0
        while at < end:     # the last one as far as it was captured
            put_item(&self.names, at + 1, min(<size_t>at[0], <size_t>(end - at - 1)))
            at += 1 + at[0]
        if self.names.len:
            set_span(r, F_OUR_TLS_PROTOCOLS, self.names.data, self.names.len)

    cdef void fill_http(self, const uint8_t *data) noexcept nogil:
        cdef Record *r = &self.record
        cdef PacketFields *f = &self.fields
        cdef Slice host = f.http_host
        set_word(r, F_NETWORK_PROTOCOL, b"http")
        if f.found & FOUND_HTTP_RESPONSE:
            set_number(r, F_HTTP_RESPONSE_STATUS_CODE, f.http_status)
            return
        set_slice(r, F_HTTP_REQUEST_METHOD, data, &f.http_method)
        set_slice(r, F_URL_ORIGINAL, data, &f.http_path)
        without_port(data, &host)
        set_slice(r, F_URL_DOMAIN, data, &host)

    cdef void fill_tunnel(self) noexcept nogil:
        cdef Record *r = &self.record
        cdef PacketFields *f = &self.fields
        cdef uint32_t size = 4 if f.outer.version == 4 else 16
        set_word(r, F_OUR_TUNNEL_TYPE, tunnel_name(f.tunnel))
        set_number(r, F_OUR_TUNNEL_ID, f.tunnel_id)
        set_number(r, F_OUR_TUNNEL_DEPTH, f.tunnels)
        if f.outer.version:
            set_span(r, F_OUR_TUNNEL_SOURCE_IP, f.outer.source, size)
            set_span(r, F_OUR_TUNNEL_DESTINATION_IP, f.outer.destination, size)


cdef void write_mac(char *to, const uint8_t *mac) noexcept nogil:
    """As the ECS wants it (RFC 7042, 2.1): upper case, with hyphens."""
    cdef int i
    for i in range(6):
        memcpy(to + 3 * i, pairs[mac[i]], 2)
        to[3 * i + 2] = b'-'


cdef void without_port(const uint8_t *data, Slice *host) noexcept nogil:
    """The host of HOST[:PORT]; an IPv6 address stands in brackets (RFC 3986, 3.2.2)."""
    cdef const uint8_t *p = data + host.at
    cdef uint32_t i
    cdef bint bracket = host.len > 0 and p[0] == b'['
    for i in range(host.len):
        if bracket and p[i] == b']':
            host.at += 1
            host.len = i - 1
            return
        if not bracket and p[i] == b':':
            host.len = i
            return


cdef const char *version_name(uint32_t version) noexcept nogil:
    if version == 0x0304:
        return b"1.3"
    if version == 0x0303:
        return b"1.2"
    if version == 0x0302:
        return b"1.1"
    if version == 0x0301:
        return b"1.0"
    return NULL
