"""Processes that use sockets in ways that are hard to tell: as tests/live/actors.py, each role says what it is.

Run as `python roles.py ROLE ARGUMENTS`. Roles that answer put their pid into the answer.
"""

import contextlib
import os
import select
import signal
import socket
import struct
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from acting import V4, V6, family, listener, say, told

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


# ---- holders that have gone

def await_end(pid_descriptor):
    select.select([pid_descriptor], [], [])


def orphan(s, kind, generations):
    """Forks away from the process that opened the socket; says its pid once nobody of before is there any more."""
    opener = os.pidfd_open(os.getpid())
    for _ in range(int(generations)):
        before = os.pidfd_open(os.getpid())
        if os.fork():
            os._exit(0)
        await_end(before)
    await_end(opener)
    signal.alarm(30)
    say(holder=os.getpid(), port=s.getsockname()[1])
    if kind == "udp":
        answer(s)
    else:
        serve(s)
    told()


def daemon(kind, address, generations=1):
    """Opens the socket, forks (so many times) and exits, as daemons do."""
    orphan(datagram_socket(address) if kind == "udp" else listener(address), kind, generations)


def waited_daemon(kind, address):
    """The one between has ended before the first one does."""
    s = datagram_socket(address) if kind == "udp" else listener(address)
    opener = os.pidfd_open(os.getpid())
    between = os.fork()
    if between == 0:
        if os.fork():
            os._exit(0)
        await_end(opener)
        signal.alarm(30)
        say(holder=os.getpid(), port=s.getsockname()[1])
        if kind == "udp":
            answer(s)
        else:
            serve(s)
        told()
        return
    os.waitpid(between, 0)
    os._exit(0)


def giving_server(path, address):
    """Hands its socket to another process and exits."""
    s = datagram_socket(address)
    with socket.socket(socket.AF_UNIX) as u:
        u.connect(path)
        socket.send_fds(u, [b"x"], [s.fileno()])
        u.recv(1)


def taking_server(path):
    """Takes a socket from another process and receives on it once that one has ended."""
    with socket.socket(socket.AF_UNIX) as u:
        u.bind(path)
        u.listen()
        say(pid=os.getpid())
        c, _ = u.accept()
        _, fds, _, _ = socket.recv_fds(c, 1, 1)
    s = socket.socket(fileno=fds[0])
    c.send(b"x")
    told()
    say(port=s.getsockname()[1])
    answer(s)
    told()


def leaderless_server(address):
    """The main thread ends; another one serves."""
    s = datagram_socket(address)

    def work():
        told()
        answer(s)
        told()
        os._exit(0)

    threading.Thread(target=work).start()
    say(pid=os.getpid(), port=s.getsockname()[1])
    import ctypes

    ctypes.CDLL(None).syscall(60, 0)        # exit(2), of this thread alone


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


def prefork(address):
    """The parent listens, a child accepts, and says so."""
    s = listener(address)
    child = os.fork()
    if child == 0:
        serve(s)
        os._exit(0)
    say(pid=os.getpid(), child=child, port=s.getsockname()[1])
    os.waitpid(child, 0)


def fork_per_connection(address):
    """Accepts, forks, closes its own copy, and lives on; the child answers."""
    s = listener(address)
    say(pid=os.getpid(), port=s.getsockname()[1])
    c, _ = s.accept()
    child = os.fork()
    if child == 0:
        s.close()
        answer_stream(c)
        os._exit(0)
    c.close()
    say(accepted=child)
    os.waitpid(child, 0)


def hands_down(address):
    """Binds, forks, closes its own copy, and lives on; the child answers."""
    s = datagram_socket(address)
    child = os.fork()
    if child == 0:
        answer(s)
        os._exit(0)
    port = s.getsockname()[1]
    s.close()
    say(pid=os.getpid(), child=child, port=port)
    os.waitpid(child, 0)


def with_helper(address):
    """Binds, and forks a helper that gets a copy by inheritance and leaves it alone; answers itself."""
    s = datagram_socket(address)
    helper = os.fork()
    if helper == 0:
        told()
        os._exit(0)
    say(pid=os.getpid(), port=s.getsockname()[1])
    answer(s)
    os.waitpid(helper, 0)


# ---- answers of the kernel's, and what is read by raw sockets

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


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


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


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
