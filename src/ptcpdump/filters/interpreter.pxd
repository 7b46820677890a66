# An interpreter of classic BPF that always ends.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from ptcpdump.filters.pcap cimport bpf_insn


cdef bint jumps_back(const bpf_insn *code, uint32_t count) noexcept nogil
cdef uint32_t interpret(
    const bpf_insn *code, uint32_t count, const uint8_t *p, uint32_t captured, uint32_t length) noexcept nogil
