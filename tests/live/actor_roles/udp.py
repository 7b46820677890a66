"""Who sends and receives datagrams, and who does so beside TCP and ICMP."""

import contextlib
import json
import os
import socket
import struct
import threading

from acting import V6, family, listener, rename, say, told


def udp_client(address, port, connected):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    if connected == "connected":
        s.connect((address, int(port)))
        s.send(b"question")
    else:
        s.sendto(b"question", (address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1], answer=s.recv(100).decode())
    told()


def udp_server(address, port=0, device=""):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    if device:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    if address == "::":
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind((address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    _, peer = s.recvfrom(100)
    s.sendto(b"answer", peer)
    told()


def udp_sender(address, port, count=1):
    """Sends datagrams when told, with its pid in them."""
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    say(pid=os.getpid())
    for _ in range(int(count)):
        told()
        s.sendto(f"from {os.getpid()}".encode(), (address, int(port)))
        say(sent=True)


def renaming_sender(address, port, *names):
    """Sends a datagram under each name, on a socket of its own."""
    for name in names:
        rename(name)
        with socket.socket(family(address), socket.SOCK_DGRAM) as s:
            s.sendto(f"as {name}".encode(), (address, int(port)))
    say(pid=os.getpid())


def knocking_client(address, port):
    """Sends from one CPU without pause, from before there is a server until some time after its answer."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.connect((address, int(port)))
    say(pid=os.getpid())
    more, answered = 500, False
    while more:
        with contextlib.suppress(ConnectionRefusedError):
            s.send(b"knock")
        with contextlib.suppress(ConnectionRefusedError, BlockingIOError):
            answered = answered or s.recv(100, socket.MSG_DONTWAIT) == b"answer"
        more -= answered


def flood(address, port, count, size, cpu):
    """Sends numbered datagrams from one CPU, as fast as it can."""
    os.sched_setaffinity(0, {int(cpu)})
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.connect((address, int(port)))
    say(pid=os.getpid())
    told()
    rest = bytes(int(size) - 4)
    number = 0
    while number < int(count):
        with contextlib.suppress(ConnectionRefusedError):   # of an earlier one; this one is not sent then
            s.send(struct.pack("!I", number) + rest)
            number += 1


def echo_server():
    """Answers on one TCP and one UDP port of all addresses until told to stop."""
    tcp = listener("::")
    udp = socket.socket(V6, socket.SOCK_DGRAM)
    udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    udp.bind(("::", 0))

    def talk():
        while True:
            c, _ = tcp.accept()
            while data := c.recv(1 << 16):
                c.sendall(data)
            c.close()

    def echo():
        while True:
            udp.sendto(*udp.recvfrom(1 << 16))

    for work in (talk, echo):
        threading.Thread(target=work, daemon=True).start()
    say(pid=os.getpid(), tcp=tcp.getsockname()[1], udp=udp.getsockname()[1])
    told()
    os._exit(0)


def client_of_all(address4, address6, name, uid, sequence, size=8):
    """Under this name and user, when told to which ports: TCP, UDP and ICMP echo over IPv4 and IPv6."""
    rename(name)
    "".encode("idna")       # sockets want this codec; the user may not be allowed to read our Python's library
    os.setresuid(int(uid), int(uid), int(uid))
    say(pid=os.getpid())
    tcp_port, udp_port = json.loads(told())
    data = bytes(range(256)) * (int(size) // 256) or b"question"
    for address in (address4, address6):
        with socket.create_connection((address, tcp_port)) as s:
            s.sendall(data)
            left = len(data)
            while left:
                left -= len(s.recv(left))
            s.shutdown(socket.SHUT_WR)
            s.recv(1)
        with socket.socket(family(address), socket.SOCK_DGRAM) as s:
            s.sendto(b"question", (address, udp_port))
            s.recv(100)
        protocol, kind = (socket.IPPROTO_ICMPV6, 128) if family(address) == V6 else (socket.IPPROTO_ICMP, 8)
        with socket.socket(family(address), socket.SOCK_DGRAM, protocol) as s:
            s.sendto(struct.pack("!BBHHH", kind, 0, 0, 0, int(sequence)) + b"question", (address, 0))
            s.recv(100)
    say(done=True)
