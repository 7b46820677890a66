"""Blocks of a pcapng file that say nothing of packets, interfaces or owners, and are kept when it is copied.

These are names (Name Resolution Block, draft-ietf-opsawg-pcapng, section 4.5) and the blocks of others that may be
copied (Custom Block, section 4.9, type 0x00000BAD). Blocks of unknown types are left out: nobody knows what in them has
a byte order.
"""

import struct

from ptcpdump.context.process_block import ENTERPRISE, PROCESS_ENTRY

NAME_RESOLUTION, CUSTOM = 4, 0x00000BAD
_DAMAGED_PROCESS = struct.pack("=I", ENTERPRISE) + struct.pack("<I", PROCESS_ENTRY)


def kept(kind: int, body: bytes, *, swapped: bool) -> bytes | None:
    """The body of such a block in this machine's byte order; None for one that is damaged, or of another kind.

    swapped: its byte order is not this machine's.
    """
    if kind == CUSTOM and len(body) >= 4:       # only the enterprise number is not its owner's affair
        own = body[3::-1] + body[4:] if swapped else body
        # what describes a process, but could not be read: --redact has not seen it
        return None if own.startswith(_DAMAGED_PROCESS) else own
    return _names(body, swapped=swapped) if kind == NAME_RESOLUTION else None


def _names(body: bytes, *, swapped: bool) -> bytes | None:
    """Records, and behind the last one options: each has a type and a length, then addresses and text as they are."""
    made = bytearray(body)
    at = 0
    while at + 4 <= len(body):
        head = body[at:at + 4]
        if swapped:
            head = head[1::-1] + head[:1:-1]
            made[at:at + 4] = head
        at += 4 + (int(struct.unpack("=HH", head)[1]) + 3 & ~3)
    return bytes(made) if at == len(body) else None
