"""Checksums as RFC 1071 has them."""

cdef extern from "<arpa/inet.h>" nogil:
    uint16_t ntohs(uint16_t value)


cdef uint32_t sum16(const uint8_t *p, uint32_t n, uint32_t start) noexcept nogil:
    # in pieces of this machine's byte order; only the sum is turned (RFC 1071, section 2 B)
    cdef uint64_t total = 0, piece
    cdef uint32_t i = 0
    cdef uint16_t last
    while i + 8 <= n:
        memcpy(&piece, p + i, 8)
        total += <uint32_t>piece + (piece >> 32)
        i += 8
    while i + 2 <= n:
        memcpy(&last, p + i, 2)
        total += last
        i += 2
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    total = <uint64_t>ntohs(<uint16_t>total) + start
    if i < n:
        total += <uint32_t>p[i] << 8
    while total >> 32:
        total = <uint32_t>total + (total >> 32)
    return <uint32_t>total


cdef uint16_t checksum(const uint8_t *p, uint32_t n, uint32_t start) noexcept nogil:
    cdef uint64_t total = sum16(p, n, start)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return <uint16_t>~total


cdef uint32_t pseudo_sum(Dissection *d, uint8_t protocol, uint32_t length) noexcept nogil:
    """Sum of the pseudo-header of RFC 9293 (IPv4) or RFC 8200 (IPv6); the IP printers have checked d.network."""
    cdef uint32_t total = protocol + (length & 0xffff)
    if d.network_version == 4:      # whose length field has 16 bits, also for what will be cut into segments (TSO)
        return sum16(d.destination, 4, sum16(d.network + 12, 4, total))
    if d.network_version == 6:
        return sum16(d.destination, 16, sum16(d.network + 8, 16, total + (length >> 16)))
    return total
