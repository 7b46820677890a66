"""Traffic with a known owner: each role prints what it is as JSON lines and waits for a line where the test decides.

Run as `python actors.py ROLE ARGUMENTS`.
"""

import contextlib
import json
import os
import platform
import signal
import socket
import struct
import sys
import threading
import time
from pathlib import Path

V4, V6 = socket.AF_INET, socket.AF_INET6
EXIT = 60 if platform.machine() == "x86_64" else 93      # number of exit(2), which ends one thread


def say(**facts):
    print(json.dumps(facts), flush=True)


def told():
    return sys.stdin.readline().strip()


def family(address):
    return V6 if ":" in address else V4


def tcp_client(address, port, local_port=0):
    """Connects, says its port, sends a line when told, reads the answer, closes when told."""
    s = socket.socket(family(address))
    s.bind(("", int(local_port)))
    s.connect((address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    s.sendall(b"question\n")
    say(answer=s.recv(100).decode())
    told()
    s.close()


def tcp_client_when_told(address, port):
    say(pid=os.getpid())
    told()
    tcp_client(address, port)


def serve(s, connections=1, *, peer=True):
    for _ in range(connections):
        if peer:
            c, _ = s.accept()
        else:
            # accept(2) without an address: the way of servers that never ask who calls
            import ctypes

            c = socket.socket(fileno=ctypes.CDLL(None).accept(s.fileno(), None, None))
        c.recv(100)
        c.sendall(f"answer of {os.getpid()}\n".encode())
        c.recv(1)
        c.close()


def listener(address, port=0, reuse=False):
    s = socket.socket(family(address))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reuse:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if address == "::":
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind((address, int(port)))
    s.listen()
    return s


def tcp_server(address, port=0, connections=1):
    s = listener(address, port)
    say(pid=os.getpid(), port=s.getsockname()[1])
    serve(s, int(connections))


def quiet_accept_server(address):
    """A child accepts without asking for the peer's address."""
    s = listener(address)
    child = os.fork()
    if child == 0:
        serve(s, peer=False)
        os._exit(0)
    say(pid=os.getpid(), child=child, port=s.getsockname()[1])
    os.waitpid(child, 0)


def prefork_server(address):
    """The parent listens, a child accepts."""
    s = listener(address)
    child = os.fork()
    if child == 0:
        serve(s)
        os._exit(0)
    say(pid=os.getpid(), child=child, port=s.getsockname()[1])
    os.waitpid(child, 0)


def reuseport_server(address, port):
    """One member of a group; serves until told to stop."""
    s = listener(address, port, reuse=True)
    say(pid=os.getpid(), port=s.getsockname()[1])
    s.settimeout(30)

    def work():
        while True:
            try:
                c, _ = s.accept()
            except OSError:
                return
            c.recv(100)
            c.sendall(f"{os.getpid()}\n".encode())
            c.recv(1)
            c.close()

    threading.Thread(target=work, daemon=True).start()
    told()
    os._exit(0)


def handover_server(address):
    """Accepts, then hands the connection over a Unix socket to another process, which answers."""
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    worker = os.fork()
    if worker == 0:
        _, fds, _, _ = socket.recv_fds(theirs, 1, 1)
        c = socket.socket(fileno=fds[0])
        c.recv(100)
        c.sendall(b"from the worker\n")
        c.recv(1)
        os._exit(0)
    s = listener(address)
    say(pid=os.getpid(), worker=worker, port=s.getsockname()[1])
    c, _ = s.accept()
    socket.send_fds(ours, [b"x"], [c.fileno()])
    c.close()
    os.waitpid(worker, 0)


def fork_client(address, port):
    """Connects, forks; the child, which never execs, sends and receives."""
    s = socket.create_connection((address, int(port)))
    child = os.fork()
    if child == 0:
        s.sendall(b"question\n")
        s.recv(100)
        os._exit(0)
    say(pid=os.getpid(), child=child, port=s.getsockname()[1])
    os.waitpid(child, 0)
    s.close()


def exec_client(address, port):
    """Connects, then becomes another program, which sends on the same connection."""
    s = socket.create_connection((address, int(port)))
    os.set_inheritable(s.fileno(), True)
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    shell = f"echo question >&{s.fileno()}; read answer <&{s.fileno()}"
    os.execv("/bin/bash", ["a-new-name", "-c", shell])


def short_client(address, port):
    """Dies with data and FIN still to be acknowledged."""
    s = socket.create_connection((address, int(port)))
    say(pid=os.getpid(), port=s.getsockname()[1])
    told()
    s.sendall(b"question\n")
    os._exit(0)


def thread_client(address, port):
    """A thread of its own does all of the work."""
    def work():
        s = socket.create_connection((address, int(port)))
        say(pid=os.getpid(), tid=threading.get_native_id(), port=s.getsockname()[1])
        s.sendall(b"question\n")
        s.recv(100)
        s.close()

    t = threading.Thread(target=work)
    t.start()
    t.join()


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


def forking_senders(address, port, count):
    """Children that send one datagram each, as fast as they can be forked; each says its pid in its datagram."""
    say(pid=os.getpid())
    told()
    for number in range(int(count)):
        child = os.fork()
        if child == 0:
            socket.socket(family(address), socket.SOCK_DGRAM).sendto(f"child {os.getpid()}".encode(),
                                                                     (address, int(port)))
            os._exit(0)
        if number >= 50:
            os.wait()
    for _ in range(min(50, int(count))):
        os.wait()
    say(done=count)


def spawning_workers(workers, count, seconds, size):
    """Workers that run /bin/true one after the other, so often or so long at most, with a command line of this size."""
    say(pid=os.getpid())
    told()
    end = time.monotonic() + int(seconds)
    words = ["true", "x" * int(size)] if int(size) else ["true"]
    done, tell = os.pipe()
    for _ in range(int(workers)):
        if os.fork() == 0:
            spawned = 0
            while spawned < int(count) and time.monotonic() < end:
                os.waitpid(os.posix_spawn("/bin/true", words, {}), 0)
                spawned += 1
            os.write(tell, struct.pack("=Q", spawned))
            os._exit(0)
    say(spawned=sum(struct.unpack("=Q", os.read(done, 8))[0] for _ in range(int(workers))))


def descending_senders(address, port, depth):
    """A chain of descendants, each of which sends a datagram before the next is born."""
    say(pid=os.getpid())
    told()
    for generation in range(int(depth)):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            break
        with socket.socket(family(address), socket.SOCK_DGRAM) as s:
            s.sendto(f"generation {generation}".encode(), (address, int(port)))
    os._exit(0)


def udp_sender(address, port, count=1):
    """Sends datagrams when told, with its pid in them."""
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    say(pid=os.getpid())
    for _ in range(int(count)):
        told()
        s.sendto(f"from {os.getpid()}".encode(), (address, int(port)))
        say(sent=True)


def rename(name):
    """The main thread's name (PR_SET_NAME, prctl(2))."""
    import ctypes

    ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)


def threads_of_a_child(address, name):
    """A child that runs no program of its own; a thread of it, with another name, sends."""
    if name:
        rename(name)
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        def work():
            rename("worker")
            with socket.socket(family(address), socket.SOCK_DGRAM) as s:
                s.sendto(f"from {os.getpid()}".encode(), (address, 9))
            os.write(tell, str(threading.get_native_id()).encode())

        worker = threading.Thread(target=work)
        worker.start()
        worker.join()
        os._exit(0)
    os.waitpid(child, 0)
    say(pid=os.getpid(), child=child, tid=int(os.read(told, 20)))


def thread_that_outlives_main(address, seconds):
    """When told the main thread ends; another one sends twice a second, then once for each SIGUSR1."""
    import ctypes

    rename("its-main-thread")
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

    def work():
        rename("its-other-thread")
        with socket.socket(family(address), socket.SOCK_DGRAM) as s:
            sent = 0
            while True:
                s.sendto(f"from {os.getpid()}".encode(), (address, 9))
                sent += 1
                if sent <= 2 * int(seconds):
                    time.sleep(0.5)
                    continue
                say(sent=sent, **({"tid": threading.get_native_id()} if sent == 2 * int(seconds) + 1 else {}))
                signal.sigwait([signal.SIGUSR1])

    say(pid=os.getpid())
    told()
    threading.Thread(target=work).start()
    ctypes.CDLL(None).syscall(EXIT, 0)      # of this thread alone


def renaming_sender(address, port, *names):
    """Sends a datagram under each name, on a socket of its own."""
    for name in names:
        rename(name)
        with socket.socket(family(address), socket.SOCK_DGRAM) as s:
            s.sendto(f"as {name}".encode(), (address, int(port)))
    say(pid=os.getpid())


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


def pid_reuser(address, port):
    """Two processes with the same pid, one after the other, told apart by their last argument."""
    def once(word):
        child = os.fork()
        if child == 0:
            shell = f"exec 3<>/dev/tcp/{address}/{port}; echo question >&3; read answer <&3"
            os.execv("/bin/bash", ["bash", "-c", shell, word])
        os.waitpid(child, 0)
        return child

    first = once("first-life")
    Path("/proc/sys/kernel/ns_last_pid").write_text(str(first - 1))
    say(first=first, second=once("second-life"))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
