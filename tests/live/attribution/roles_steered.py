"""Processes of which any may get what comes in, or none that has the port.

Sockets that several receive on, programs that choose sockets.

Run as `python roles_steered.py ROLE ARGUMENTS`.
"""

import os
import signal
import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from role_parts import V4, answer, datagram_socket, say, told

from ptcpdump.kernel.bindings import maps, rawprog

PROG_SK_LOOKUP, ATTACH_SK_LOOKUP, MAP_SOCKMAP = 30, 36, 15      # uapi/linux/bpf.h
LOCAL_PORT = 60         # in struct bpf_sk_lookup
ASSIGN, RELEASE, LOOK_UP = 124, 86, 1                           # helpers


def workers(address):
    """Two children with one socket: whoever is told to receives, and answers."""
    s = datagram_socket(address)
    children, pipes = [], []
    for _ in range(2):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            while os.read(reading, 1):
                answer(s)
                say(answered=True)
            os._exit(0)
        children.append(child)
        pipes.append(writing)
    say(pid=os.getpid(), port=s.getsockname()[1], children=children)
    while which := told():
        os.write(pipes[int(which)], b"1")
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def sharer(address, port, device=""):
    """One of a port, beside others of it that are bound to another device, or to none."""
    s = socket.socket(V4, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if device:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    s.bind((address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    if told() == "receive":
        s.settimeout(10)
        say(received=s.recv(100).decode())
        told()


def teller(address, port):
    """One datagram, to which nobody answers."""
    s = socket.socket(V4, socket.SOCK_DGRAM)
    s.connect((address, int(port)))
    s.send(b"told by %d." % os.getpid())
    say(pid=os.getpid())
    told()


def instruction(code, destination=0, source=0, offset=0, immediate=0):
    return struct.pack("=BBhi", code, source << 4 | destination, offset, immediate)


def steerer(address, port):
    """A socket that gets, by a program, what comes in for another port."""
    s = datagram_socket(address)
    sockets = maps.create_map(MAP_SOCKMAP, 4, 8, 1)
    maps.write_map(sockets, bytes(4), struct.pack("=Q", s.fileno()))
    steps = [
        instruction(0xBF, 6, 1),                                # r6 = context
        instruction(0x61, 2, 1, LOCAL_PORT),
        instruction(0x55, 2, 0, 14, int(port)),                 # another port: to the end
        instruction(0x62, 10, 0, -4, 0),                        # the key
        instruction(0xBF, 2, 10), instruction(0x07, 2, 0, 0, -4),
        instruction(0x18, 1, 1, 0, sockets), instruction(0),
        instruction(0x85, immediate=LOOK_UP),
        instruction(0x15, 0, 0, 7),                             # none: to the end
        instruction(0xBF, 7, 0),
        instruction(0xBF, 1, 6), instruction(0xBF, 2, 7), instruction(0xB7, 3),
        instruction(0x85, immediate=ASSIGN),
        instruction(0xBF, 1, 7), instruction(0x85, immediate=RELEASE),
        instruction(0xB7, 0, 0, 0, 1), instruction(0x95),       # SK_PASS
    ]
    program = rawprog.load_program(PROG_SK_LOOKUP, b"".join(steps), name="steer", attach_type=ATTACH_SK_LOOKUP,
                                   license="GPL")
    namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
    rawprog.attach_link(program, namespace, ATTACH_SK_LOOKUP)
    say(pid=os.getpid())
    s.recv(100)
    say(received=True)
    told()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
