"""Asking container runtimes whose sockets are root's, when the capture has given up root's privileges (-Z).

Who may speak to such a daemon is as powerful as root. So the helper, which keeps the privileges, speaks: it knows a few
questions, asks those daemons that the capture had found, takes answers that are bounded in bytes and time, and hands
their text on without reading it.
"""

import contextlib
import json
import os
import re
import socket
import threading
from collections.abc import Collection
from typing import Any, BinaryIO

from ptcpdump.context.containers import docker, podman
from ptcpdump.context.containers.endpoint import Endpoint
from ptcpdump.context.containers.http import JsonApi
from ptcpdump.context.containers.source import TIMEOUT, RuntimeFailure
from ptcpdump.memfd import memory_file

_LARGEST = 1 << 16      # bytes of a message; an answer's text comes as a file in memory
_QUESTIONS = re.compile("|".join([*docker.QUESTIONS, *podman.QUESTIONS]))


class Asker:
    """The capture's side."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._peer.settimeout(3 * TIMEOUT)      # for a connection, a head, and what follows
        self._lock = threading.Lock()
        self._number = 0

    def ask(self, address: str, path: str) -> bytes:
        """What the daemon at an address answers to a GET. Raises OSError, TimeoutError, RuntimeFailure."""
        with self._lock:
            self._number += 1
            self._peer.send(json.dumps({"number": self._number, "address": address, "path": path}).encode())
            while True:
                data, descriptors, _, _ = socket.recv_fds(self._peer, _LARGEST, 1)
                if not data:
                    raise RuntimeFailure("the process that asks it has ended")
                answer = json.loads(data)
                if answer["number"] == self._number:
                    return _text(answer, descriptors)
                for descriptor in descriptors:      # of a question that was given up
                    os.close(descriptor)

    def close(self) -> None:
        """End the waiting of both sides."""
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)
        self._peer.close()


def _text(answer: dict[str, Any], descriptors: list[int]) -> bytes:
    if not descriptors:
        if answer.get("late"):
            raise TimeoutError
        raise RuntimeFailure(str(answer.get("failure", "")))
    with os.fdopen(descriptors[0], "rb") as file:
        return file.read()


def serve(peer: socket.socket, addresses: Collection[str]) -> None:
    """The helper's side, until the capture ends: questions to the daemons at these addresses."""
    while True:
        try:
            data = peer.recv(_LARGEST)
            if not data:
                return
            request = json.loads(data)
            _answer(peer, int(request["number"]), str(request["address"]), str(request["path"]), addresses)
        except (OSError, ValueError, KeyError, TypeError):
            return


def _answer(peer: socket.socket, number: int, address: str, path: str, addresses: Collection[str]) -> None:
    answer: dict[str, Any] = {"number": number}
    try:
        with _file_of(_asked(address, path, addresses)) as file:
            socket.send_fds(peer, [json.dumps(answer).encode()], [file.fileno()])
        return
    except TimeoutError:
        answer["late"] = True
    except Exception as error:      # this question's alone, whatever it is; a peer that is gone is noticed below
        answer["failure"] = str(error)[:1000]
    peer.send(json.dumps(answer).encode())


def _file_of(text: bytes) -> BinaryIO:
    """A file in memory, at its beginning."""
    file = os.fdopen(memory_file("answer"), "w+b")
    file.write(text)
    file.seek(0)
    return file


def _asked(address: str, path: str, addresses: Collection[str]) -> bytes:
    if address not in addresses or not _QUESTIONS.fullmatch(path):
        raise RuntimeFailure("that is not asked with privileges")
    api = JsonApi(Endpoint(address))
    try:
        return api.read(path)
    finally:
        api.close()
