"""Processes that use sockets in ways that are hard to tell: as tests/live/actors.py, each role says what it is.

Run as `python roles.py ROLE ARGUMENTS`; that runs those of roles_holders.py and roles_kernel.py, too. Roles that answer
put their pid into the answer.
"""

import contextlib
import os
import socket
import struct
import sys
import threading
from pathlib import Path

from role_parts import (
    MARK,
    NOBODY,
    PACKET_PROTOCOL,
    V4,
    V6,
    answer,
    datagram_socket,
    family,
    listener,
    say,
    serve,
    told,
)


def marker(address):
    """Sends a mark when told, out of the device of this address; by multicast, for nobody answers that."""
    s = socket.socket(V4, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    say(pid=os.getpid())
    while told():
        s.sendto(MARK, ("239.255.23.9", 9))
        say(sent=True)


# ---- what changes while a process lives

def dropping_server(kind, address):
    """Binds as root, then becomes nobody."""
    s = datagram_socket(address) if kind == "udp" else listener(address)
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    os.setresuid(NOBODY, NOBODY, NOBODY)
    say(uid=os.getuid())
    if kind == "udp":
        answer(s)
    else:
        serve(s)
    told()


def renaming_thread(address, port):
    """A thread sends, is renamed, and sends again; its name as the kernel has it."""
    def work():
        s = socket.socket(family(address), socket.SOCK_DGRAM)
        s.connect((address, int(port)))
        here = Path(f"/proc/self/task/{threading.get_native_id()}/comm")
        for name in ("first-name", "second"):
            here.write_text(name)
            s.send(f"sent by {name}".encode())

    say(pid=os.getpid())
    told()
    t = threading.Thread(target=work)
    t.start()
    t.join()
    say(done=True)
    told()


# ---- senders in turn

def open_sender(kind, address, port):
    if kind == "udp":
        s = socket.socket(family(address), socket.SOCK_DGRAM)
        s.connect((address, int(port)))

        def send(text):
            while True:
                with contextlib.suppress(ConnectionRefusedError):   # of an earlier one; this one is not sent then
                    return s.send(text)

        return send
    if kind == "ping":
        s = socket.socket(V4, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
        return lambda text: s.sendto(struct.pack("!BBHHH", 8, 0, 0, 0, 1) + text, (address, 0))
    if kind == "raw":
        s = socket.socket(V4, socket.SOCK_RAW, 253)
        return lambda text: s.sendto(text, (address, 0))
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((port, PACKET_PROTOCOL))
    return lambda text: s.send(b"\xff" * 6 + b"\x02" * 6 + struct.pack("!H", PACKET_PROTOCOL) + text.ljust(46))


def senders_in_turn(kind, address, port, rounds=4):
    """A parent and its child use one socket in turn; each says its pid in what it sends."""
    to_child, to_parent = os.pipe(), os.pipe()
    send = open_sender(kind, address, port)
    child = os.fork()
    if child == 0:
        os.close(to_child[1])
        while os.read(to_child[0], 1):
            send(b"from %d." % os.getpid())
            os.write(to_parent[1], b"x")
        os._exit(0)
    os.close(to_child[0])
    say(pid=os.getpid(), child=child)
    told()
    for _ in range(int(rounds)):
        send(b"from %d." % os.getpid())
        os.write(to_child[1], b"x")
        os.read(to_parent[0], 1)
    os.close(to_child[1])
    os.waitpid(child, 0)
    say(done=True)
    told()


# ---- sockets that share a port

def group_member(kind, address, port):
    """One of a SO_REUSEPORT group; answers until told to stop."""
    if kind == "tcp":
        s = listener(address, port, reuse=True)
    else:
        s = socket.socket(family(address), socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind((address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])

    def work():
        while True:
            if kind == "udp":
                answer(s)
                continue
            c, _ = s.accept()
            c.recv(100)
            c.sendall(b"answer of %d" % os.getpid())
            c.recv(1)
            c.close()

    threading.Thread(target=work, daemon=True).start()
    told()
    os._exit(0)


def one_of_port(address, port, v6only=0):
    """A UDP server that shares its port with others that are more, or less, specific."""
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family(address) == V6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(v6only))
    s.bind((address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    answer(s)
    told()


def connected_server(address, port, peer, peer_port):
    """A connected UDP socket beside another's unconnected one; receives first."""
    s = datagram_socket(address, port, reuse=True)
    s.connect((peer, int(peer_port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    s.recv(100)
    s.send(b"answer of %d" % os.getpid())
    told()


def told_port_server(address, peer, peer_port):
    """A connected UDP socket whose port the kernel chose, which receives first: its port was told by other means."""
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.connect((peer, int(peer_port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    s.recv(100)
    s.send(b"answer of %d" % os.getpid())
    told()


def asker(kind, address, port, local_port=0):
    """Asks when told, from a given port, says who answered."""
    s = socket.socket(family(address), socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", int(local_port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    s.settimeout(10)
    s.connect((address, int(port)))
    if kind == "tcp":
        say(connected=True)
        told()
    s.send(b"question")
    say(answer=int(s.recv(100).split()[-1]))
    told()


def asker_at(address, port):
    """Asks when told, by UDP, from any port."""
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.connect((address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    s.settimeout(10)
    s.send(b"question")
    say(answer=int(s.recv(100).split()[-1]))
    told()


def asker_later(address):
    """Asks by UDP at the port that it is told, from one that it says before."""
    s = datagram_socket("0.0.0.0")
    say(pid=os.getpid(), port=s.getsockname()[1])
    s.settimeout(10)
    s.sendto(b"question", (address, int(told())))
    say(answer=int(s.recv(100).split()[-1]))
    told()


if __name__ == "__main__":
    import roles_holders
    import roles_kernel

    roles = vars(roles_holders) | vars(roles_kernel) | globals()
    roles[sys.argv[1]](*sys.argv[2:])
