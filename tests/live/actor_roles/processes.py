"""Processes and threads that come and go while they send."""

import os
import signal
import socket
import struct
import threading
import time

from acting import EXIT, family, rename, say, told


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
