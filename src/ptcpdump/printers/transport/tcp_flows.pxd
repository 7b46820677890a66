from ptcpdump.printers.base.core cimport Dissection, uint16_t, uint32_t

# What relative sequence numbers count from, for the two sides of a connection.
cdef struct Bases:
    uint32_t seq        # of the side that tcpdump's order puts first
    uint32_t ack        # of the other side
    bint reverse        # this segment goes from the other side to the first one
    bint known          # the connection had been seen before, and this is no SYN

cdef void find_bases(Dissection *d, uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack, bint syn,
                     Bases *bases) noexcept nogil
