"""More processes for scenarios: how sockets come to those who use them, and what goes out without them.

As roles.py, with which they share role_parts.py: run as `python roles_more.py ROLE ARGUMENTS`.
"""

import ctypes
import os
import socket
import struct
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from role_parts import NOBODY, V4, answer, datagram_socket, family, listener, say, serve, told

SO_ATTACH_REUSEPORT_CBPF = 51
TCP_FASTOPEN_WITHOUT_COOKIE = 0x203     # of net.ipv4.tcp_fastopen
CLONE_NEWNET = 0x40000000

# ---- how a socket gets to who uses it

def activator(kind, address):
    """Opens the socket, keeps it, and runs a program that gets its descriptor, as systemd does."""
    s = datagram_socket(address) if kind == "udp" else listener(address)
    s.set_inheritable(True)
    child = os.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, __file__, "activated", kind, str(s.fileno())])
    say(pid=os.getpid(), port=s.getsockname()[1])
    os.waitpid(child, 0)


def activated(kind, descriptor):
    """The program that was run, as another user."""
    s = socket.socket(fileno=int(descriptor))
    os.setresuid(NOBODY, NOBODY, NOBODY)
    say(served_by=os.getpid())
    if kind == "udp":
        answer(s)
    else:
        serve(s)
    told()


def thread_opened(address, port):
    """A thread opens a socket and ends; the main thread sends on it."""
    opened = []

    def work():
        s = socket.socket(family(address), socket.SOCK_DGRAM)
        s.connect((address, int(port)))
        opened.append(s)

    t = threading.Thread(target=work)
    t.start()
    t.join()
    say(pid=os.getpid())
    told()
    opened[0].send(b"from %d." % os.getpid())
    say(done=True)
    told()


def visitor(namespace, address, port):
    """Opens a socket in another network namespace, comes back, and sends on it."""
    def enter(path):
        descriptor = os.open(path, os.O_RDONLY)
        assert ctypes.CDLL(None).setns(descriptor, CLONE_NEWNET) == 0
        os.close(descriptor)

    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter(f"/run/netns/{namespace}")
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    enter(f"/proc/self/fd/{home}")
    say(pid=os.getpid())
    told()
    s.sendto(b"from %d." % os.getpid(), (address, int(port)))
    say(done=True)
    told()


# ---- one socket, several peers

def reconnecting(address, port, other, other_port):
    """A bound UDP socket: connected to one peer, then to nobody, then it answers another one."""
    s = datagram_socket("0.0.0.0")
    s.connect((address, int(port)))
    s.send(b"question")
    peer = int(s.recv(100).split()[-1])
    unspecified = struct.pack("@H14x", 0)       # AF_UNSPEC
    assert ctypes.CDLL(None).connect(s.fileno(), unspecified, 16) == 0
    s.bind(("0.0.0.0", 0))                       # the port that was chosen by connect is given back
    say(pid=os.getpid(), peer=peer, port=s.getsockname()[1])
    answer(s)
    told()
    s.sendto(b"question", (other, int(other_port)))
    say(other=int(s.recv(100).split()[-1]))
    told()


def chosen_member(address, port, index):
    """One of a SO_REUSEPORT group, from which a program always takes the socket of this index."""
    s = socket.socket(V4, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind((address, int(port)))
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, int(index)))    # BPF_RET | BPF_K
    program = struct.pack("HxxxxxxP", 1, ctypes.addressof(instruction))
    s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program)
    say(pid=os.getpid(), port=s.getsockname()[1])
    if told() == "answer":
        answer(s)
        told()


# ---- what is sent otherwise

def file_sender(address, port):
    """sendfile(2) on a connection."""
    s = socket.create_connection((address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    with Path(__file__).open("rb") as file:
        sent = os.sendfile(s.fileno(), file.fileno(), 0, 4096)
    s.close()
    say(sent=sent)
    told()


def leaving_client(address, port):
    """Sends more than fits on the way, closes and ends: the kernel sends the rest."""
    s = socket.create_connection((address, int(port)))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    s.setblocking(False)
    sent = s.send(bytes(200000))
    say(pid=os.getpid(), port=s.getsockname()[1], sent=sent)
    s.close()


def slow_reader(address):
    """Reads what has come once it is told."""
    s = socket.socket(V4)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.bind((address, 0))
    s.listen()
    say(pid=os.getpid(), port=s.getsockname()[1])
    c, _ = s.accept()
    told()
    total = 0
    while data := c.recv(65536):
        total += len(data)
    say(total=total)
    told()


def keeper(address, port):
    """An idle connection whose keepalives the kernel sends."""
    s = socket.create_connection((address, int(port)))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()


def fast_opener(address, port):
    """Data in the SYN (RFC 7413)."""
    s = socket.socket(family(address))
    s.sendto(b"question", socket.MSG_FASTOPEN, (address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    answered = s.recv(100)
    s.close()
    say(answer=int(answered.split()[-1]))
    told()


def fast_server(address):
    """Takes data from the SYN, without the cookie."""
    Path("/proc/sys/net/ipv4/tcp_fastopen").write_text(str(TCP_FASTOPEN_WITHOUT_COOKIE))
    s = socket.socket(family(address))
    s.bind((address, 0))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
    s.listen()
    say(pid=os.getpid(), port=s.getsockname()[1])
    c, _ = s.accept()
    c.recv(100)
    c.sendall(b"answer of %d" % os.getpid())
    c.recv(1)
    c.close()


def group_listener(address, group, index):
    """Joins a multicast group and leaves it; the kernel reports that."""
    s = datagram_socket(address)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(address))
    s6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                  socket.inet_pton(socket.AF_INET6, "ff05::4242") + struct.pack("@I", int(index)))
    say(pid=os.getpid())
    told()


def refused_sender(address, port):
    """A datagram to a port that nobody has opened; the error that comes back."""
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.connect((address, int(port)))
    s.send(b"from %d." % os.getpid())
    try:
        s.recv(1)
    except ConnectionRefusedError:
        say(pid=os.getpid(), port=s.getsockname()[1])
    told()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
