"""The base of filters over packets."""


cdef class PacketFilter:
    """Lets every packet pass; subclasses choose."""

    cdef bint matches(self, const Packet *p) noexcept nogil:
        return True
