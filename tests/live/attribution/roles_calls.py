"""Processes that get, share and use sockets by system calls that are seldom used.

Run as `python roles_calls.py ROLE ARGUMENTS`. What is sent says whose it is.
"""

import ctypes
import os
import socket
import struct
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from role_parts import V4, answer, checksum, datagram_socket, family, say, told

CLONE_FILES, CLONE_NEWNET = 0x400, 0x40000000
SYS_PIDFD_GETFD = 438
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21        # uapi/linux/tcp.h
libc = ctypes.CDLL(None, use_errno=True)


def text():
    return b"from %d." % os.getpid()


def connected(address, port):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.connect((address, int(port)))
    return s


def in_a_thread(work, *words):
    t = threading.Thread(target=work, args=words)
    t.start()
    t.join()


# ---- what is sent otherwise

def own_header(address, port):
    """A raw socket that gets whole packets (IP_HDRINCL)."""
    s = socket.socket(V4, socket.SOCK_RAW, socket.IPPROTO_RAW)
    data = text()
    udp = struct.pack("!HHHH", 4009, int(port), 8 + len(data), 0) + data
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes(4), socket.inet_aton(address))
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    s.sendto(header + udp, (address, 0))
    say(pid=os.getpid())
    told()


def many_at_once(address, port):
    """sendmmsg(2)."""
    data = ctypes.create_string_buffer(text(), len(text()))
    peer = struct.pack("=H", V4) + struct.pack("!H4s8x", int(port), socket.inet_aton(address))
    name = ctypes.create_string_buffer(peer, len(peer))
    vector = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(data), len(text())))
    message = struct.pack("PIxxxxPNPNixxxxIxxxx", ctypes.addressof(name), 16, ctypes.addressof(vector), 1, 0, 0, 0, 0)
    messages = ctypes.create_string_buffer(message * 3, len(message) * 3)
    s = socket.socket(V4, socket.SOCK_DGRAM)
    assert libc.sendmmsg(s.fileno(), messages, 3, 0) == 3
    say(pid=os.getpid())
    told()


def splicer(address, port):
    """splice(2) from a pipe into a connection."""
    s = socket.create_connection((address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    read, write = os.pipe()
    os.write(write, text())
    os.splice(read, s.fileno(), len(text()))
    s.close()
    told()


def repaired(address, port, own_address):
    """A connection that is put together, not opened, as by those who restore processes (TCP_REPAIR)."""
    s = socket.socket(V4)
    s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    s.bind((own_address, 0))
    for queue in (1, 2):        # TCP_RECV_QUEUE, TCP_SEND_QUEUE
        s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, queue)
        s.setsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, 1000)
    s.connect((address, int(port)))
    s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 0)
    try:
        s.send(text())
        s.recv(1)
    except OSError:
        pass            # nobody there knows of it
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()


# ---- tables of files that threads have of their own, and programs that threads run

def unshared_thread(address, port):
    """A thread takes leave of the process's table of files and opens a socket that the others don't have."""
    def work():
        assert libc.unshare(CLONE_FILES) == 0
        connected(address, port).send(text())

    in_a_thread(work)
    say(pid=os.getpid())
    told()


def thread_elsewhere(namespace, address, port):
    """A thread goes to another network namespace and sends there."""
    def work():
        descriptor = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
        assert libc.setns(descriptor, CLONE_NEWNET) == 0
        connected(address, port).send(text())

    in_a_thread(work)
    say(pid=os.getpid())
    told()


def exec_of_a_thread(address):
    """Another thread than the first runs a program, and so becomes the first one; the socket is kept."""
    s = datagram_socket(address)
    s.set_inheritable(True)
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    words = [sys.executable, __file__, "after_exec", str(s.fileno())]
    in_a_thread(os.execv, sys.executable, words)


def after_exec(descriptor):
    s = socket.socket(fileno=int(descriptor))
    say(pid=os.getpid())
    answer(s, 2)
    told()


# ---- other processes' sockets

def spawner(address, port):
    """A child by vfork(2) (posix_spawn), which inherits a socket and sends; then the parent does."""
    s = connected(address, port)
    s.set_inheritable(True)
    words = ["bash", "-c", f"printf 'from %d.' $$ >&{s.fileno()}"]
    child = os.posix_spawn("/bin/bash", words, {})
    os.waitpid(child, 0)
    while True:
        try:
            s.send(text())
            break
        except ConnectionRefusedError:      # of the child's
            pass
    say(pid=os.getpid(), child=child)
    told()


def owner_of_descriptor(address, port):
    """Sends when told, on a socket that others may take."""
    s = connected(address, port)
    libc.prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)     # PR_SET_PTRACER: whoever wants
    say(pid=os.getpid(), descriptor=s.fileno())
    while told():
        try:
            s.send(text())
        except ConnectionRefusedError:
            s.send(text())
        say(sent=True)


def taker(pid, descriptor):
    """Takes another process's descriptor (pidfd_getfd(2)) and sends on it."""
    taken = libc.syscall(SYS_PIDFD_GETFD, os.pidfd_open(int(pid)), int(descriptor), 0)
    assert taken >= 0, os.strerror(ctypes.get_errno())
    s = socket.socket(fileno=taken)
    try:
        s.send(text())
    except ConnectionRefusedError:
        s.send(text())
    say(pid=os.getpid())
    told()


def leaving_server(address):
    """Binds, and ends when told."""
    s = datagram_socket(address)
    libc.prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)     # as above
    say(pid=os.getpid(), descriptor=s.fileno(), port=s.getsockname()[1])
    told()


def taking_server(pid, descriptor):
    """Takes another process's descriptor and answers on it when told."""
    taken = libc.syscall(SYS_PIDFD_GETFD, os.pidfd_open(int(pid)), int(descriptor), 0)
    assert taken >= 0, os.strerror(ctypes.get_errno())
    say(pid=os.getpid())
    told()
    answer(socket.socket(fileno=taken))
    told()


def sends_by_child(address, port):
    """A connected socket on which nobody sends but a child."""
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.connect((address, int(port)))
    say(pid=os.getpid())
    told()
    child = os.fork()
    if child == 0:
        s.send(text())
        os._exit(0)
    os.waitpid(child, 0)
    say(child=child)
    told()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
