"""What a daemon may cost: bytes, time, and nothing but itself."""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemons import STREAM, Answer, endless, ok, serving

from ptcpdump.context.containers import endpoint
from ptcpdump.context.containers.docker import Docker
from ptcpdump.context.containers.endpoint import Bounds, Endpoint
from ptcpdump.context.containers.http import JsonApi
from ptcpdump.context.containers.source import RuntimeFailure

SMALL = Bounds(1 << 20, 1 << 22, 1 << 14, 10, 100)
SLACK = 1 << 20         # bytes that the kernel keeps between two ends
HEAD = b"HTTP/1.1 200 OK\r\n"
LIMIT = 0.4             # seconds, instead of TIMEOUT


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "daemon.sock"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OF_SYSTEM", "OF_USER"):
        monkeypatch.setattr(endpoint, name, SMALL)
    for module in ("endpoint", "http"):
        monkeypatch.setattr(f"ptcpdump.context.containers.{module}.TIMEOUT", LIMIT)


def get(place: Path, answer: Answer) -> object:
    with serving(place, {"/": answer}):
        api = JsonApi(Endpoint(str(place)))
        try:
            return api.get("/")
        finally:
            api.close()


def events(place: Path, answer: Answer) -> Iterator[object]:
    with serving(place, {"/": answer}):
        api = JsonApi(Endpoint(str(place)))
        try:
            yield from api.stream("/")
        finally:
            api.close()


CHUNK = b"%x\r\n%s\r\n" % (1 << 16, b" " * (1 << 16))


@pytest.mark.parametrize(("head", "piece"), [
    (HEAD + b"\r\n[", b"[]," * 4096),
    (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n[", b"[]," * 4096),
    (HEAD + b"Content-Length: 999999999999\r\n\r\n[", b"[]," * 4096),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffff\r\n", b" " * 65536),
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    (b"HTTP/1.1 200 ", b"x" * 65536),
    (HEAD, b"A: b\r\n" * 1000),
    (HEAD + b"A: ", b"x" * 65536),
], ids=["body", "huge length", "length", "chunks", "chunk", "continue", "reason", "headers", "header"])
def test_endless_answers(place: Path, head: bytes, piece: bytes) -> None:
    answer = endless(head, piece)
    with pytest.raises(RuntimeFailure):
        get(place, answer)
    assert answer.sent < SMALL.answer + SLACK


def test_what_is_large_but_not_too_large(place: Path) -> None:
    body = [{"Id": "x" * 1000}] * 800
    assert get(place, ok(body)) == body


def test_nested_too_deeply(place: Path) -> None:
    with pytest.raises(RuntimeFailure, match="nested too deep"):
        get(place, HEAD + b"\r\n" + b"[" * 100_000)


@pytest.mark.parametrize("head", [b"", HEAD + b"\r\n["])
def test_an_answer_that_drips(place: Path, head: bytes) -> None:
    """Each byte comes in time, the answer never."""
    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        try:
            while True:
                connection.sendall(b" ")
                time.sleep(LIMIT / 20)
        except OSError:
            pass

    start = time.monotonic()
    with pytest.raises((RuntimeFailure, TimeoutError)):
        get(place, drip)
    assert time.monotonic() - start < 5 * LIMIT


def test_events_have_no_end_in_time_but_each_in_bytes(place: Path) -> None:
    def write(connection: socket.socket) -> None:
        connection.sendall(STREAM)
        for number in range(30):
            connection.sendall(json.dumps({"n": number, "filler": "x" * 10_000}).encode() + b"\n")
            time.sleep(LIMIT / 20)

    assert [event and event["n"] for event in events(place, write)] == [None, *range(30)]


@pytest.mark.parametrize("head", [STREAM, HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n"])
def test_endless_event(place: Path, head: bytes) -> None:
    answer = endless(head, b"x" * 65536)
    with pytest.raises(RuntimeFailure):
        list(events(place, answer))
    assert answer.sent < SMALL.line + SLACK


def test_chunked_events(place: Path) -> None:
    def write(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for piece in (b'{"n": 1}\n{"n"', b': 2}\n', b""):
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))

    assert list(events(place, write)) == [None, {"n": 1}, {"n": 2}]


def test_lines_without_an_event(place: Path) -> None:
    """Each counts among the events, which may come so fast only: a flood of them would keep a processor busy."""
    answer = endless(STREAM, b"\n \n")
    flood = events(place, answer)
    assert [next(flood) for _ in range(1000)] == [None] * 1000
    flood.close()


def test_reason_is_cut(place: Path) -> None:
    with pytest.raises(RuntimeFailure) as failure:
        get(place, b"HTTP/1.1 500 " + b"no " * 1000 + b"\r\n\r\n")
    assert len(str(failure.value)) < 200


def test_what_is_no_socket(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RuntimeFailure, match="no socket"):
        Endpoint(str(tmp_path / "file"))


def test_socket_of_somebody_else(place: Path) -> None:
    with serving(place, {}), pytest.raises(RuntimeFailure, match="belongs to user"):
        Endpoint(str(place), owner=os.geteuid() + 1)


def test_who_listens_is_whom_the_path_led_to(place: Path) -> None:
    """The path may be put to another socket meanwhile."""
    with serving(place, {"/": ok(["first"])}):
        api = JsonApi(Endpoint(str(place)))
        place.rename(place.with_name("moved"))
        with serving(place, {"/": ok(["second"])}):
            assert api.get("/") == ["first"]
        place.touch()       # for the end of the first
        api.close()


def test_answers_together(place: Path) -> None:
    """Each is small enough; those that are too many for one look are had with the next ones."""
    asked: list[int] = []
    answer = ok({"State": {"Pid": 7}, "x": " " * (SMALL.answer - 100)})

    def inspect(connection: socket.socket) -> None:
        asked.append(1)
        connection.sendall(answer)

    listed = [{"Id": f"{number:064x}", "State": "running"} for number in range(10)]
    with serving(place, {"/containers/json": ok(listed), "/containers/": inspect}):
        client = Docker(Endpoint(str(place)))
        known = []
        for _ in range(3):
            client.endpoint.begin_look()        # as its source does
            known.append(sum(entry.pid == 7 for entry in client.complete(client.containers())))
        client.close()
    assert known == [4, 8, 10]
    assert len(asked) == 10
