"""What a daemon that speaks gRPC may cost: lists, answers and events have an end, whatever they consist of."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

grpc = pytest.importorskip("grpc", reason="grpcio is not installed")

from ptcpdump.context.containers import endpoint  # noqa: E402  sorted with the next
from ptcpdump.context.containers.containerd import Containerd  # noqa: E402  needs grpc
from ptcpdump.context.containers.cri import Cri  # noqa: E402  likewise
from ptcpdump.context.containers.endpoint import OF_USER, Endpoint  # noqa: E402  sorted with it
from ptcpdump.context.containers.rpc import describe  # noqa: E402  likewise
from ptcpdump.context.containers.source import TOO_MUCH, Runtime, RuntimeFailure  # noqa: E402  sorted with them

M = describe("bounds", {        # what these answers share, in the field numbers of both interfaces
    "Item": {"id": (1, "string"), "state": (6, "int32")},
    "Items": {"items": (1, "*Item")},
    "Event": {"topic": (3, "string")},
})
MOST = OF_USER.entries
EMPTY = b"\x0a\x00"     # an element without fields
TASK = b"\x0a\x05\x12\x01a\x18\x01"     # id "a", pid 1


class Hostile(grpc.GenericRpcHandler):
    """Answers each method by name; counts calls and the events that were taken from it."""

    def __init__(self, answers: dict[str, bytes], event: bytes = b"") -> None:
        self.answers, self.event = answers, event
        self.calls: dict[str, int] = {}
        self.sent = 0
        self.moved = threading.Event()

    def service(self, details: "grpc.HandlerCallDetails") -> "grpc.RpcMethodHandler":
        name = details.method.removeprefix("/").partition("/")[2]
        if name == "Subscribe":
            return grpc.unary_stream_rpc_method_handler(lambda request, context: self._events(context))
        name = details.method.rpartition(".")[2]
        self.calls[name] = self.calls.get(name, 0) + 1
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self.answers.get(name, b""))

    def _events(self, context: "grpc.ServicerContext") -> Iterator[bytes]:
        while context.is_active():
            self.sent += 1
            self.moved.set()
            yield self.event


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Runtime, Hostile]]]:
    """Makes a daemon, and a client of it that grants it what a user's may cost."""
    monkeypatch.setattr(endpoint, "OF_SYSTEM", OF_USER)
    server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.max_send_message_length", -1)])
    server.add_insecure_port(f"unix://{tmp_path / 's.sock'}")
    clients: list[Runtime] = []

    def make(kind: type[Runtime], answers: dict[str, bytes], event: bytes = b"") -> tuple[Runtime, Hostile]:
        hostile = Hostile(answers, event)
        server.add_generic_rpc_handlers([hostile])
        server.start()
        clients.append(kind(Endpoint(str(tmp_path / "s.sock"))))
        return clients[0], hostile

    yield make
    for client in clients:
        client.close()
    server.stop(None).wait()


def items(count: int, **more: int) -> bytes:
    return M["Items"](items=[M["Item"](id=f"{number:x}", **more) for number in range(count)]).SerializeToString()


NAMESPACES = items(256)


@pytest.mark.parametrize("method", ["ListPodSandbox", "ListContainers"])
def test_long_lists_of_the_cri(daemon: Callable[..., tuple[Runtime, Hostile]], method: str) -> None:
    """Each of those that are looked at is asked for its process, no others."""
    client, hostile = daemon(Cri, {f"RuntimeService/{method}": items(40 * MOST, state=1)})
    found = client.containers()
    assert len(found) == MOST
    assert client.more
    assert client.complete(found[:10]) == found[:10]
    assert hostile.calls.get("RuntimeService/ContainerStatus", 0) == (10 if method == "ListContainers" else 0)


def test_long_lists_of_containerd(daemon: Callable[..., tuple[Runtime, Hostile]]) -> None:
    client, hostile = daemon(Containerd, {"Namespaces/List": NAMESPACES, "Containers/List": EMPTY * 100})
    found = client.containers()
    assert len(found) == MOST
    assert client.more
    assert hostile.calls["Containers/List"] == MOST // 100 + 1


def test_answers_together(daemon: Callable[..., tuple[Runtime, Hostile]]) -> None:
    """Each is small enough; what is in them are no containers."""
    client, hostile = daemon(Containerd, {
        "Namespaces/List": NAMESPACES, "Containers/List": b"\x7a\x00" * (OF_USER.answer // 2 - 8)})
    with pytest.raises(RuntimeFailure, match=TOO_MUCH):
        client.containers()
    assert hostile.calls["Containers/List"] <= OF_USER.look // OF_USER.answer + 1


def test_processes_of_no_containers(daemon: Callable[..., tuple[Runtime, Hostile]]) -> None:
    """Nobody asks for them, nor are those taken that belong to none that is listed."""
    client, hostile = daemon(Containerd, {"Namespaces/List": NAMESPACES, "Tasks/List": TASK * 1000})
    assert client.complete(client.containers()) == []
    assert "Tasks/List" not in hostile.calls


@pytest.mark.parametrize("topic", ["/tasks/start", "/whatever"])
def test_events_without_end(daemon: Callable[..., tuple[Runtime, Hostile]], topic: str) -> None:
    """One is there for each, for they have a pace; what is not asked for yet waits at the daemon."""
    event = M["Event"](topic=topic + "x" * 1000).SerializeToString()
    client, hostile = daemon(Containerd, {}, event)
    events = iter(client.events())
    assert next(events) is None
    while hostile.moved.wait(0.5):      # until it can send no more
        hostile.moved.clear()
        assert hostile.sent * len(event) < 16 * OF_USER.line
    assert next(events) is None


def test_an_event_that_is_too_large(daemon: Callable[..., tuple[Runtime, Hostile]]) -> None:
    client, _ = daemon(Containerd, {}, M["Event"](topic="x" * OF_USER.line).SerializeToString())
    with pytest.raises(RuntimeFailure):
        next(iter(client.events()))
