"""Roles of roles.py: answers of the kernel's, raw sockets and MPTCP."""

import contextlib
import os
import signal
import socket
import struct
import threading

from role_parts import IPPROTO_MPTCP, SOL_MPTCP, V4, checksum, family, listener, say, told


def aborting_server(address, port=0):
    """Resets its connection and exits."""
    s = listener(address, port)
    say(pid=os.getpid(), port=s.getsockname()[1])
    c, _ = s.accept()
    c.recv(100)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


def aborted_client(address, port, local_port=0):
    """Asks and is reset; or is refused at once."""
    s = socket.socket(family(address))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", int(local_port)))
    try:
        s.connect((address, int(port)))
        s.sendall(b"question")
        s.recv(1)
    except ConnectionError as error:
        say(pid=os.getpid(), port=s.getsockname()[1], error=type(error).__name__)


def raw_receiver(protocol):
    s = socket.socket(V4, socket.SOCK_RAW, int(protocol))
    say(pid=os.getpid())
    s.recv(1000)
    say(received=True)
    told()


def raw_sender(address, protocol):
    s = socket.socket(V4, socket.SOCK_RAW, int(protocol))
    s.sendto(b"raw data of %d" % os.getpid(), (address, 0))
    say(pid=os.getpid())
    told()


def pinger(address, identifier):
    """Echo requests with an identifier of its own, as told."""
    s = socket.socket(V4, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    s.setsockopt(socket.IPPROTO_RAW, 1, struct.pack("I", ~1 & 0xFFFFFFFF))      # ICMP_FILTER: echo replies alone
    say(pid=os.getpid())
    while told():
        data = struct.pack("!BBHHH", 8, 0, 0, int(identifier), 1) + b"echo"
        s.sendto(data[:2] + struct.pack("!H", checksum(data)) + data[4:], (address, 0))
        while True:
            got = s.recv(1000)[20:]
            if got[0] == 0 and struct.unpack("!H", got[4:6])[0] == int(identifier):
                break
        say(answered=True)


# ---- MPTCP

def mptcp_server(address):
    """The parent listens, a child accepts and serves until the client closes."""
    s = socket.socket(family(address), socket.SOCK_STREAM, IPPROTO_MPTCP)
    s.bind((address, 0))
    s.listen()
    child = os.fork()
    if child == 0:
        c, _ = s.accept()
        say(accepted=os.getpid())
        while data := c.recv(1 << 16):
            c.sendall(data)
        c.close()
        os._exit(0)
    say(pid=os.getpid(), child=child, port=s.getsockname()[1])
    os.waitpid(child, 0)


def await_subflow(s):
    """Until the kernel has opened another subflow than the first one; from 5.16 on it tells (MPTCP_INFO)."""
    with contextlib.suppress(OSError):
        while not s.getsockopt(SOL_MPTCP, 1, 1)[0]:
            os.sched_yield()


def mptcp_client(address, port):
    """Sends when told until told to stop."""
    signal.alarm(30)
    s = socket.socket(family(address), socket.SOCK_STREAM, IPPROTO_MPTCP)
    s.connect((address, int(port)))
    say(pid=os.getpid())
    while told() == "send":
        data = bytes(1 << 16) * 8
        threading.Thread(target=s.sendall, args=(data,)).start()
        left = len(data)
        while left:
            left -= len(s.recv(left))
        await_subflow(s)
        say(sent=True)
    s.close()
