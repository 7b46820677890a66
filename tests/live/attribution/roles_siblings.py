"""Processes of scenarios that others like them have led to: io_uring, threads that fork, groups of receivers, rings.

As roles.py, whose helpers they share: run as `python roles_siblings.py ROLE ARGUMENTS`.
"""

import ctypes
import errno
import mmap
import os
import socket
import struct
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from roles import PACKET_PROTOCOL, V4, answer, datagram_socket, family, say, told

libc = ctypes.CDLL(None, use_errno=True)
LARGE = 4000            # bytes of a datagram that goes in fragments


def text():
    return b"from %d." % os.getpid()


# ---- io_uring(7)

IORING_OP_SEND, IORING_OP_RECV = 26, 27
IOSQE_ASYNC = 1 << 4            # by a worker thread, not in io_uring_enter(2)
IORING_SETUP_SQPOLL = 1 << 1    # by a thread that looks for entries itself


class Ring:
    """A ring of a few entries, one of which is used at a time. Where there are none: system calls of sockets."""

    def __init__(self, flags=0):
        parameters = bytearray(120)
        struct.pack_into("=8xI", parameters, 0, flags)
        address = (ctypes.c_char * 120).from_buffer(parameters)
        self.descriptor = libc.syscall(425, 4, address)
        if self.descriptor < 0:
            return      # the kernel has none, or its policy forbids them
        self.tail, self.array = struct.unpack_from("=4xI16xI", parameters, 40)
        self.cq_head, self.cq_tail = struct.unpack_from("=2I", parameters, 80)
        cqes = struct.unpack_from("=I", parameters, 100)[0]
        self.size = max(self.array + 4 * 4, cqes + 8 * 16)
        self.queue = mmap.mmap(self.descriptor, self.size, offset=0)
        self.entries = mmap.mmap(self.descriptor, 4 * 64, offset=0x10000000)
        self.polled = flags & IORING_SETUP_SQPOLL
        self.cqes, self.used = cqes, 0

    def do(self, operation, descriptor, data, flags=0):
        """One operation on a socket, until it is done."""
        while result := self.once(operation, descriptor, data, flags):
            if result > 0:
                return
            if result != -errno.ECONNREFUSED:       # which tells of the datagram before
                raise OSError(-result, os.strerror(-result))

    def once(self, operation, descriptor, data, flags):
        """Its result."""
        if self.descriptor < 0:
            try:
                return os.write(descriptor, data) if operation == IORING_OP_SEND else len(os.read(descriptor, 100))
            except OSError as error:
                return -error.errno
        slot = self.used % 4
        buffer = (ctypes.c_char * len(data)).from_buffer(data)
        struct.pack_into("=BBHiQQII", self.entries, slot * 64, operation, flags, 0, descriptor, 0,
                         ctypes.addressof(buffer), len(data), 0)
        struct.pack_into("=I", self.queue, self.array + 4 * slot, slot)
        self.used += 1
        struct.pack_into("=I", self.queue, self.tail, self.used)
        while struct.unpack_from("=I", self.queue, self.cq_tail)[0] < self.used:
            wake = 2 if self.polled else 0
            libc.syscall(426, self.descriptor, 0 if self.polled else 1, 1, 1 | wake, None, 0)
        result = struct.unpack_from("=8xi", self.queue, self.cqes + 16 * ((self.used - 1) % 8))[0]
        struct.pack_into("=I", self.queue, self.cq_head, self.used)
        return result


def ring_sender(address, port):
    """A parent opens a socket and sends; its child does by io_uring: at once, by a worker, by a polling thread."""
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.connect((address, int(port)))
    say(pid=os.getpid())
    told()
    s.send(text())
    child = os.fork()
    if child == 0:
        for ring, flags in ((Ring(), 0), (Ring(), IOSQE_ASYNC), (Ring(IORING_SETUP_SQPOLL), 0)):
            ring.do(IORING_OP_SEND, s.fileno(), bytearray(text()), flags)
        os._exit(0)
    os.waitpid(child, 0)
    say(child=child)
    told()
    while True:
        try:
            s.send(text())
            break
        except ConnectionRefusedError:
            pass
    say(done=True)
    told()


def ring_server(address):
    """A child answers what comes to its parent's socket, all by io_uring."""
    s = datagram_socket(address)
    port = s.getsockname()[1]
    child = os.fork()
    if child == 0:
        peer = told().split()
        s.connect((peer[0], int(peer[1])))
        ring, data = Ring(), bytearray(100)
        say(served_by=os.getpid())
        ring.do(IORING_OP_RECV, s.fileno(), data)
        ring.do(IORING_OP_SEND, s.fileno(), bytearray(b"answer of %d" % os.getpid()))
        os._exit(0)
    s.close()
    say(pid=os.getpid(), child=child, port=port)
    os.waitpid(child, 0)
    told()


# ---- who holds a socket

def thread_hands_down(address):
    """Another thread than the first forks; the child has the socket, the parent closes its copy and lives on."""
    s = datagram_socket(address)
    port, facts = s.getsockname()[1], {}
    reading, writing = os.pipe()

    def work():
        facts["child"] = os.fork()
        if not facts["child"]:
            os.close(writing)
            os.read(reading, 1)
            answer(s)
            os._exit(0)
        threading.Event().wait()

    threading.Thread(target=work, daemon=True).start()
    while "child" not in facts or not facts["child"]:
        pass
    s.close()
    say(pid=os.getpid(), child=facts["child"], port=port)
    told()
    os.close(writing)
    os.waitpid(facts["child"], 0)
    told()


def member_of(address, group, port, everything, bound):
    """A receiver of multicast, which has joined a group or not, and gets those of others or not (IP_MULTICAST_ALL)."""
    s = socket.socket(V4, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_IP, 49, int(everything))
    s.bind((bound, int(port)))
    if group:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(address))
    say(pid=os.getpid(), port=s.getsockname()[1])
    if told() == "receive":
        s.settimeout(10)
        say(got=s.recv(100).decode())
        told()


def broadcaster(own, address, port):
    """To a group, or to all hosts of a network, which it has this address in."""
    s = socket.socket(V4, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.bind(("", 0))
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    s.sendto(b"to all of %d." % os.getpid(), (address, int(port)))
    say(done=True)
    told()


# ---- how it is sent

def ring_of_packets(device, count=2):
    """A packet socket with a ring in shared memory (PACKET_TX_RING), on which a child sends, then its parent."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(263, 13, struct.pack("4I", 4096, 1, 2048, 2))
    s.bind((device, 0))
    ring = mmap.mmap(s.fileno(), 4096)

    def send(frame):
        data = b"\xff" * 6 + b"\x02\0\0\0\0\1" + struct.pack("!H", PACKET_PROTOCOL) + text().ljust(50)
        ring[frame * 2048 + 32:frame * 2048 + 32 + len(data)] = data
        struct.pack_into("@LII", ring, frame * 2048, 1, len(data), len(data))
        s.send(b"")

    say(pid=os.getpid())
    told()
    child = os.fork()
    if child == 0:
        send(0)
        os._exit(0)
    os.waitpid(child, 0)
    send(1)
    say(child=child)
    told()


def lite_server(address):
    """UDP-Lite (RFC 3828)."""
    s = socket.socket(family(address), socket.SOCK_DGRAM, 136)
    s.bind((address, 0))
    say(pid=os.getpid(), port=s.getsockname()[1])
    answer(s)
    told()


def lite_client(address, port):
    s = socket.socket(family(address), socket.SOCK_DGRAM, 136)
    s.connect((address, int(port)))
    s.settimeout(10)
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    s.send(b"question")
    say(answer=int(s.recv(100).split()[-1]))
    told()


def large_server(address):
    """Answers a large datagram by one as large."""
    s = datagram_socket(address)
    say(pid=os.getpid(), port=s.getsockname()[1])
    _, peer = s.recvfrom(LARGE)
    s.sendto((b"answer of %d" % os.getpid()).ljust(LARGE), peer)
    told()


def large_client(address, port, options=0):
    """Asks by a large datagram; with a destination option header in front, if it is to be."""
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    if int(options):
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, bytes([0, 0, 1, 4, 0, 0, 0, 0]))
    s.connect((address, int(port)))
    s.settimeout(10)
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    s.send(b"question".ljust(LARGE))
    say(answer=int(s.recv(LARGE).split()[-1]))
    told()


def foreign_sender(address, port, source):
    """Sends from an address that is not this host's (IP_TRANSPARENT)."""
    s = socket.socket(V4, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_TRANSPARENT, 1)
    s.bind((source, 0))
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    s.sendto(text(), (address, int(port)))
    say(done=True)
    told()


def transparent_proxy(port, address, asked_port):
    """A proxy that gets what is for other hosts (TPROXY), and answers as if it were those (IP_TRANSPARENT)."""
    transparent, original = 19, 20      # IP_TRANSPARENT, IP_RECVORIGDSTADDR
    s = socket.socket(V4, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, transparent, 1)
    s.setsockopt(socket.IPPROTO_IP, original, 1)
    s.bind(("0.0.0.0", int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    _, peer = s.recvfrom(100)
    as_asked = socket.socket(V4, socket.SOCK_DGRAM)
    as_asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    as_asked.setsockopt(socket.IPPROTO_IP, transparent, 1)
    as_asked.bind((address, int(asked_port)))
    as_asked.sendto(b"answer of %d" % os.getpid(), peer)
    told()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
