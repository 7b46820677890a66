"""Bodies of the blocks of a pcapng file that are no packets (draft-ietf-opsawg-pcapng, section 4)."""

import os
import struct

from ptcpdump import __version__
from ptcpdump.context.comment_text import encode_comments, encode_option
from ptcpdump.context.escape import escape
from ptcpdump.net.interface import Interface, Statistics

_LONGEST = 65535        # the length of an option has 16 bits


def section(command: str, notes: list[str]) -> bytes:
    """Of a section header: what wrote the file, where, by which command line ("" keeps that to itself); notes: more."""
    system = os.uname()
    options = (
        encode_option(4, f"ptcpdump {__version__}".encode())                # shb_userappl
        + encode_option(2, system.machine.encode())                         # shb_hardware
        + encode_option(3, f"{system.sysname} {system.release}".encode())   # shb_os
    )
    if command:
        options += encode_comments([f"Command: {escape(command)}"])
    options += encode_comments(notes)
    return struct.pack("=IHHq", 0x1a2b3c4d, 1, 0, -1) + options + bytes(4)


def description(interface: Interface) -> bytes:
    """Body of an interface description block."""
    texts = []
    if interface.shown:
        texts.append((2, interface.shown.encode(errors="surrogateescape")))
    if interface.index:
        texts.append((1, f"ifIndex: {interface.index}, netNsInode: {interface.netns}, "
                         f"netNsPath: {interface.netns_path}".encode(errors="surrogateescape")))
    if interface.description:
        texts.append((3, interface.description.encode(errors="surrogateescape")))
    if interface.filter:
        texts.append((11, b"\0" + interface.filter.encode(errors="surrogateescape")))
    texts += interface.options
    texts.append((9, b"\x09"))
    options = b"".join(encode_option(code, value[:_LONGEST]) for code, value in texts)
    return struct.pack("=HHI", interface.linktype, 0, interface.snaplen) + options + bytes(4)


def statistics_options(statistics: Statistics) -> bytes:
    """Options of an interface statistics block."""
    times = [(code, max(0, value))      # as packets have none before 1970
             for code, value in ((2, statistics.started), (3, statistics.ended)) if value is not None]
    counters = [(4, statistics.received), (5, statistics.dropped), (6, statistics.accepted), (7, statistics.os_dropped),
                (8, statistics.delivered)]
    return b"".join(
        [encode_option(code, struct.pack("=II", value >> 32, value & 0xffffffff)) for code, value in times]
        + [encode_option(code, struct.pack("=Q", value)) for code, value in counters if value is not None])


def padded_secrets(kind: int, secrets: bytes) -> bytes:
    """Body of a decryption secrets block."""
    return struct.pack("=II", kind, len(secrets)) + secrets + bytes((4 - len(secrets) % 4) % 4)
