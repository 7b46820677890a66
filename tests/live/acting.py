"""What roles of actors.py share: how they tell what they are, wait for the test, and open what most of them open."""

import json
import platform
import socket
import sys

V4, V6 = socket.AF_INET, socket.AF_INET6
EXIT = 60 if platform.machine() == "x86_64" else 93      # number of exit(2), which ends one thread


def say(**facts):
    print(json.dumps(facts), flush=True)


def told():
    return sys.stdin.readline().strip()


def family(address):
    return V6 if ":" in address else V4


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


def rename(name):
    """The main thread's name (PR_SET_NAME, prctl(2))."""
    import ctypes

    ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)
