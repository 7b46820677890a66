"""Blocks of a pcapng file that say nothing of packets, interfaces or owners, and are kept when it is copied.

These are names (Name Resolution Block, draft-ietf-opsawg-pcapng, section 4.5) and the blocks of others that may be
copied (Custom Block, section 4.9, type 0x00000BAD). Blocks of unknown types are left out: nobody knows what in them has
a byte order. In Cython, as a file may consist of them.
"""

from libc.stdint cimport uint64_t

from ptcpdump.context.process_block cimport is_process
from ptcpdump.sources.reader cimport read16

cdef enum:
    NAME_RESOLUTION = 4
    CUSTOM = 0x00000bad


cdef bytes kept(uint32_t kind, const uint8_t *body, uint32_t n, bint swapped):
    cdef bytes made
    cdef uint8_t *own
    if kind == NAME_RESOLUTION:
        return names(body, n, swapped)
    # what describes a process, but could not be read: --redact has not seen it
    if kind != CUSTOM or n < 4 or is_process(body, n, swapped):
        return None
    made = body[:n]
    if swapped:                         # only the enterprise number is not its owner's affair
        own = <uint8_t *><char *>made
        own[0], own[1], own[2], own[3] = own[3], own[2], own[1], own[0]
    return made


cdef bytes names(const uint8_t *body, uint32_t n, bint swapped):
    """Records, and behind the last one options: each has a type and a length, then addresses and text as they are."""
    cdef bytes made = body[:n]
    cdef uint8_t *own = <uint8_t *><char *>made
    cdef uint64_t at = 0        # n is bounded, but the last record's length is not
    while at + 4 <= n:
        if swapped:
            own[at], own[at + 1], own[at + 2], own[at + 3] = own[at + 1], own[at], own[at + 3], own[at + 2]
        at += 4 + ((<uint64_t>read16(body + at + 2, swapped) + 3) & ~<uint64_t>3)
    return made if at == n else None
