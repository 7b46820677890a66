"""Names of numbers, as the Elastic Common Schema and IANA's registries have them, in tables for C."""

from libc.string cimport strcpy

from ptcpdump.buffer cimport write_dec, write_text

# IANA, "Assigned Internet Protocol Numbers", in lower case
TRANSPORTS = {
    1: "icmp", 2: "igmp", 4: "ipv4", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah",
    58: "ipv6-icmp", 59: "ipv6-nonxt", 88: "eigrp", 89: "ospfigp", 103: "pim", 112: "vrrp", 115: "l2tp", 132: "sctp",
    136: "udplite", 137: "mpls-in-ip",
}
# By the values of TunnelType (dissect/packet_fields.pxd)
TUNNELS = {
    1: "ipip", 2: "sit", 3: "gre", 4: "pptp", 5: "vxlan", 6: "vxlan-gpe", 7: "geneve", 8: "l2tp", 9: "gtp", 10: "mpls",
    11: "ethernet", 12: "erspan",
}
# IANA, "Domain Name System (DNS) Parameters"
OPCODES = {0: "QUERY", 1: "IQUERY", 2: "STATUS", 4: "NOTIFY", 5: "UPDATE", 6: "DSO"}
RCODES = {
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET",
    8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE", 11: "DSOTYPENI",
}
TYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV",
    35: "NAPTR", 39: "DNAME", 41: "OPT", 43: "DS", 44: "SSHFP", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3",
    52: "TLSA", 64: "SVCB", 65: "HTTPS", 99: "SPF", 249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 255: "ANY",
    257: "CAA",
}
# IANA, "TLS Cipher Suites": those of TLS 1.3, and what servers choose of the earlier ones
CIPHERS = {
    0x1301: "TLS_AES_128_GCM_SHA256", 0x1302: "TLS_AES_256_GCM_SHA384", 0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0x1304: "TLS_AES_128_CCM_SHA256", 0x1305: "TLS_AES_128_CCM_8_SHA256",
    0xc02b: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc02c: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xc02f: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xc030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xcca8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0xccaa: "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0x009c: "TLS_RSA_WITH_AES_128_GCM_SHA256", 0x009d: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    0x009e: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", 0x009f: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    0xc009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 0xc00a: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xc013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0xc014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xc023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 0xc024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    0xc027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", 0xc028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0x002f: "TLS_RSA_WITH_AES_128_CBC_SHA", 0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x003c: "TLS_RSA_WITH_AES_128_CBC_SHA256", 0x003d: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    0x000a: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
}

cdef const char *transports[256]
cdef const char *tunnels[16]
cdef const char *opcodes[16]
cdef const char *rcodes[16]
cdef const char *types[512]
cdef const char *ciphers[65536]
_kept = []      # the bytes that the tables point to


cdef void fill(const char **table, dict names) noexcept:
    for number, name in names.items():
        text = name.encode()
        _kept.append(text)
        table[<uint32_t>number] = text


fill(transports, TRANSPORTS)
fill(tunnels, TUNNELS)
fill(opcodes, OPCODES)
fill(rcodes, RCODES)
fill(types, TYPES)
fill(ciphers, CIPHERS)


cdef const char *transport_name(uint32_t protocol) noexcept nogil:
    return transports[protocol & 0xff]


cdef const char *tunnel_name(uint32_t tunnel) noexcept nogil:
    return tunnels[tunnel & 15]


cdef const char *opcode_name(uint32_t code, char *place) noexcept nogil:
    return opcodes[code & 15] if opcodes[code & 15] != NULL else numbered(place, b"", code)


cdef const char *rcode_name(uint32_t code, char *place) noexcept nogil:
    return rcodes[code & 15] if rcodes[code & 15] != NULL else numbered(place, b"", code)


cdef const char *type_name(uint32_t type, char *place) noexcept nogil:
    """Of a type without a name as RFC 3597, 5 writes it."""
    return types[type] if type < 512 and types[type] != NULL else numbered(place, b"TYPE", type)


cdef const char *cipher_name(uint32_t suite, char *place) noexcept nogil:
    cdef int i
    if ciphers[suite & 0xffff] != NULL:
        return ciphers[suite & 0xffff]
    strcpy(place, b"0x")
    for i in range(4):
        place[2 + i] = b"0123456789abcdef"[suite >> (12 - 4 * i) & 15]
    place[6] = 0
    return place


cdef const char *numbered(char *place, const char *prefix, uint32_t number) noexcept nogil:
    write_dec(write_text(place, prefix), number)[0] = 0
    return place
