"""What goes out by raw and by packet sockets."""

import contextlib
import os
import socket
import struct

from acting import V4, say, told


def raw_sender(address):
    s = socket.socket(V4, socket.SOCK_RAW, 253)
    s.sendto(b"raw data", (address, 0))
    say(pid=os.getpid())


def packet_sender(device):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((device, 0x88B5))
    s.send(b"\xff" * 6 + b"\x02" * 6 + struct.pack("!H", 0x88B5) + b"from a packet socket".ljust(46))
    say(pid=os.getpid())


def tagged_sender(device):
    """Two UDP datagrams, in VLAN 77 and in VLAN 78."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((device, 0x8100))
    udp = struct.pack("!HHHH", 4242, 4242, 14, 0) + b"tagged"
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + bytes([10, 9, 8, 7]) * 2 + udp
    for tag in (77, 78):
        s.send(b"\xff" * 6 + b"\x02" * 6 + struct.pack("!HHH", 0x8100, tag, 0x0800) + ip)
    say(pid=os.getpid())


def tagged_flood(device, count):
    """Frames in VLANs 1 to 4, as fast as it can: in turns from 02:02:02:02:02:02 and from 04:04:04:04:04:04."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((device, 0x8100))
    frames = [b"\xff" * 6 + bytes([2 * (i % 2 + 1)]) * 6 + struct.pack("!HHH", 0x8100, i % 4 + 1, 0x88B5) + bytes(46)
              for i in range(4)]
    say(pid=os.getpid())
    told()
    for i in range(int(count)):
        while True:
            with contextlib.suppress(OSError):      # ENOBUFS: the device's queue is full
                s.send(frames[i % 4])
                break
