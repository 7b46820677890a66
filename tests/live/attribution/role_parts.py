"""What the roles of roles.py and its like share."""

import os
import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from acting import V4, V6, family, listener, say, told

__all__ = [
    "IPPROTO_MPTCP", "MARK", "NOBODY", "PACKET_PROTOCOL", "SOL_MPTCP", "V4", "V6", "answer", "answer_stream",
    "checksum", "datagram_socket", "family", "listener", "say", "serve", "told",
]

NOBODY = 65534
IPPROTO_MPTCP, SOL_MPTCP = 262, 284
PACKET_PROTOCOL = 0x88B5        # IEEE 802: for local experiments
MARK = b"a mark between two scenarios"


def datagram_socket(address, port=0, *, reuse=False):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    if reuse:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, int(port)))
    return s


def answer(s, count=1):
    for _ in range(int(count)):
        _, peer = s.recvfrom(100)
        s.sendto(b"answer of %d" % os.getpid(), peer)


def answer_stream(c):
    """Answers the first line of a connection, and waits for its end."""
    c.recv(100)
    c.sendall(b"answer of %d" % os.getpid())
    c.recv(1)


def serve(s):
    """One TCP connection: answers the first line."""
    c, _ = s.accept()
    say(accepted=os.getpid())
    answer_stream(c)
    c.close()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
