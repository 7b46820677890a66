# An output that is compressed on its way to the file.
from ptcpdump.sinks.output cimport Output


cdef Output packed(Output file, packer, bint immediate)


cdef class PackedOutput(Output):
    cdef Output file        # where the compressed bytes go
    cdef object packer      # packing.Packer
    cdef bint held          # the compressor may hold something back,
    cdef double due         # until this moment of seconds_now()

    cdef int pack(self) except -1
    cdef int pass_on(self, bytes packed) except -1
