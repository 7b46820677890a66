from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.dissect.packet_fields cimport PacketFields, Slice

# `data` are the bytes that the slices and offsets of the fields mean.
cdef bytes bytes_of(bytes data, const Slice *s)
cdef str text_of(bytes data, const Slice *s)                     # None where the slice is empty
cdef object address_of(int version, const uint8_t *address)
cdef object tls_of(bytes data, const PacketFields *f)           # None where there is no hello
cdef object http_of(bytes data, const PacketFields *f)          # None where there is no head
