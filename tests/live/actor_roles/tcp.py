"""Clients and servers of TCP."""

import os
import socket
import threading
from pathlib import Path

from acting import family, listener, say, told


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
