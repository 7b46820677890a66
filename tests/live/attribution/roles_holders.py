"""Roles of roles.py: processes that leave their sockets to others, children above all."""

import os
import select
import signal
import socket
import struct
import threading

from role_parts import answer, answer_stream, datagram_socket, listener, say, serve, told


def await_end(pid_descriptor):
    select.select([pid_descriptor], [], [])


def serve_alone(s, kind, opener):
    """Once the process that opened the socket is gone says its own pid, and serves."""
    await_end(opener)
    signal.alarm(30)
    say(holder=os.getpid(), port=s.getsockname()[1])
    if kind == "udp":
        answer(s)
    else:
        serve(s)
    told()


def orphan(s, kind, generations):
    """Forks away from the process that opened the socket; says its pid once nobody of before is there any more."""
    opener = os.pidfd_open(os.getpid())
    for _ in range(int(generations)):
        before = os.pidfd_open(os.getpid())
        if os.fork():
            os._exit(0)
        await_end(before)
    serve_alone(s, kind, opener)


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
        serve_alone(s, kind, opener)
        return
    os.waitpid(between, 0)
    os._exit(0)


def giving_server(path, kind, address):
    """Hands its socket to another process and closes it; says so and lives until told."""
    s = datagram_socket(address) if kind == "udp" else listener(address)
    port = s.getsockname()[1]
    with socket.socket(socket.AF_UNIX) as u:
        u.connect(path)
        socket.send_fds(u, [b"x"], [s.fileno()])
        s.close()
        u.recv(1)
    say(pid=os.getpid(), port=port)
    told()


def giving_acceptor(path, address):
    """The same with a connection that it has accepted."""
    s = listener(address)
    say(port=s.getsockname()[1])
    c, _ = s.accept()
    with socket.socket(socket.AF_UNIX) as u:
        u.connect(path)
        socket.send_fds(u, [b"x"], [c.fileno()])
        c.close()
        u.recv(1)
    say(given=True)
    told()


def taking_server(path, kind):
    """Takes a socket from another process, with that one's credentials, and uses it when told, not before."""
    with socket.socket(socket.AF_UNIX) as u:
        u.bind(path)
        u.listen()
        say(pid=os.getpid())
        c, _ = u.accept()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    _, messages, _, _ = c.recvmsg(1, 1024)
    descriptor, = struct.unpack("@i", next(data for _, kind, data in messages if kind == socket.SCM_RIGHTS))
    c.send(b"x")
    told()
    s = socket.socket(fileno=descriptor)
    if kind == "udp":
        answer(s)
    elif kind == "tcp":
        serve(s)
    else:
        answer_stream(s)
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
