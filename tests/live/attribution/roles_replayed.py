"""Processes that send as if they were others: from addresses and ports that somebody else has.

Run as `python roles_replayed.py ROLE ARGUMENTS`. What is sent says whose it is.
"""

import contextlib
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from role_parts import V4, answer, checksum, datagram_socket, say, told

IP_PKTINFO = 8          # uapi/linux/in.h
ETH_P_IP = 0x0800
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
TCP_PUSH, TCP_ACK = 8, 16


def text():
    return b"from %d." % os.getpid()


def holder(kind, own, address, port):
    """Has an address and port, and sends from there whenever it is told to."""
    s = socket.socket(V4, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((own, 0))
    s.connect((address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    while told():
        while True:
            with contextlib.suppress(ConnectionRefusedError):   # which tells of the datagram before
                s.send(text())
                break
        say(sent=True)


def answering(own):
    """A server of one question."""
    s = datagram_socket(own)
    say(pid=os.getpid(), port=s.getsockname()[1])
    answer(s)
    told()


def packet_of(protocol, own, own_port, address, port):
    """A whole packet that carries our text, without a checksum in its TCP header: nobody is to take it."""
    if protocol == "udp":
        transport = struct.pack("!HHHH", own_port, port, 8 + len(text()), 0) + text()
    else:
        transport = struct.pack("!HHIIBBHHH", own_port, port, 1, 1, 5 << 4, TCP_PUSH | TCP_ACK, 0, 0, 0) + text()
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(transport), 1, 0, 64, 17 if protocol == "udp" else 6, 0,
                         socket.inet_aton(own), socket.inet_aton(address))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + transport


def imitator(way, protocol, own, own_port, address, port, device):
    """Sends once from an address and port that another process has: by a packet socket, a raw one, or one that is
    bound to all addresses of the same port and chooses this one.
    """
    ends = own, int(own_port), address, int(port)
    say(pid=os.getpid())
    told()
    if way == "packet":
        s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        s.sendto(packet_of(protocol, *ends), (device, ETH_P_IP, 0, 0, b"\xff" * 6))
    elif way == "raw":
        s = socket.socket(V4, socket.SOCK_RAW, socket.IPPROTO_RAW)
        s.sendto(packet_of(protocol, *ends), (address, 0))
    else:
        s = datagram_socket("0.0.0.0", own_port, reuse=True)
        chosen = struct.pack("=I4s4x", 0, socket.inet_aton(own))
        s.sendmsg([text()], [(socket.IPPROTO_IP, IP_PKTINFO, chosen)], 0, (address, int(port)))
    say(sent=True)
    told()


def tunnel(own, own_port, address, port, device):
    """Puts a packet into the host by a device of its own (TUN), as if another process here had sent it."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    say(pid=os.getpid())
    told()
    os.write(tun, packet_of("udp", own, int(own_port), address, int(port)))
    say(sent=True)
    told()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
