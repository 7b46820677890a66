"""gRPC over a unix socket with messages described in a few lines.

Only the fields that are needed are named; a reader of protocol buffers skips the others. So one description suits all
versions that keep the numbers, and nothing has to be generated when the program is built.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ptcpdump.context.containers.endpoint import Endpoint
from ptcpdump.context.containers.source import TIMEOUT, TOO_MUCH, RuntimeFailure

os.environ.setdefault("GRPC_VERBOSITY", "NONE")     # it would write to standard error what a daemon says

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

_F = descriptor_pb2.FieldDescriptorProto
_TYPES = {"string": _F.TYPE_STRING, "bool": _F.TYPE_BOOL, "uint32": _F.TYPE_UINT32, "int32": _F.TYPE_INT32,
          "bytes": _F.TYPE_BYTES}
_AHEAD = 1 << 16     # bytes that are taken from a daemon before somebody wants them
_METADATA = 1 << 14 # bytes of headers and trailers
_DETAILS = 200      # characters of a daemon's own words that a message repeats


def describe(package: str, messages: Mapping[str, Mapping[str, tuple[int, str]]]) -> dict[str, Any]:
    """Classes of messages by name.

    messages: fields by name, with number and type: a scalar, "map" (of string to string), "map:" with the type of its
    values, or the name of a message; "*" before it means repeated.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for key, (number, kind) in fields.items():
            _field(package, message, key, number, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in messages}


def _field(package: str, message: Any, name: str, number: int, kind: str) -> None:
    if kind.startswith("map"):
        entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        _field(package, entry, "key", 1, "string")
        _field(package, entry, "value", 2, kind.partition(":")[2] or "string")
        kind = f"*{message.name}.{entry.name}"
    field = message.field.add(name=name, number=number,
                              label=_F.LABEL_REPEATED if kind.startswith("*") else _F.LABEL_OPTIONAL)
    kind = kind.removeprefix("*")
    if kind in _TYPES:
        field.type = _TYPES[kind]
    else:
        field.type = _F.TYPE_MESSAGE
        field.type_name = f".{package}.{kind}"


class Channel:
    """Calls to one endpoint. Methods raise RuntimeFailure, TimeoutError; making it, OSError as well."""

    def __init__(self, endpoint: Endpoint) -> None:
        if endpoint.path:       # who serves it decides what it may cost
            endpoint.connect().close()
        else:
            with socket.create_connection(_host_and_port(endpoint.network), TIMEOUT) as connection:
                endpoint.examine_tcp(connection)
        self._endpoint, bounds = endpoint, endpoint.bounds
        self._answers, self._events = (_channel(endpoint, largest) for largest in (bounds.answer, bounds.line))
        self._streams: set[Any] = set()
        self._lock = threading.Lock()

    def call(self, path: str, request: Any, answer: Any, metadata: Sequence[tuple[str, str]] = ()) -> Any:
        """One request, one answer of class `answer`."""
        method = self._answers.unary_unary(path, type(request).SerializeToString, None)
        try:
            text = method(request, timeout=TIMEOUT, metadata=metadata)
        except grpc.RpcError as error:
            raise _failure(path, error) from None
        self._endpoint.left -= len(text)
        if self._endpoint.left < 0:
            raise RuntimeFailure(TOO_MUCH)
        try:
            return answer.FromString(text)
        except message.DecodeError as error:
            raise RuntimeFailure(f"{path}: it is no message of this interface") from error

    def stream(self, path: str, request: Any, answer: Any) -> Iterator[Any]:
        """One request, answers until the other side ends."""
        call = self._events.unary_stream(path, type(request).SerializeToString, answer.FromString)(request)
        with self._lock:
            self._streams.add(call)
        try:
            yield from call
        except grpc.RpcError as error:
            raise _failure(path, error) from None
        finally:
            with self._lock:
                self._streams.discard(call)

    def close(self) -> None:
        """End all calls."""
        with self._lock:
            for call in self._streams:
                with contextlib.suppress(Exception):
                    call.cancel()
        self._answers.close()
        self._events.close()


def _channel(endpoint: Endpoint, largest: int) -> Any:
    """A channel whose messages have so many bytes at the most."""
    target = f"unix://{endpoint.path}" if endpoint.path else endpoint.network
    return grpc.insecure_channel(target, options=[
        ("grpc.max_receive_message_length", largest), ("grpc.enable_http_proxy", 0),
        ("grpc.max_metadata_size", _METADATA), ("grpc.use_local_subchannel_pool", 1),
        ("grpc.default_authority", "localhost"), ("grpc.max_reconnect_backoff_ms", 2000),
        # what waits to be read has a size, which would grow with the pace at which a daemon sends
        ("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", _AHEAD)])


def _host_and_port(address: str) -> tuple[str, int]:
    """As gRPC takes an address: HOST:PORT, an address of IPv6 in brackets."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise RuntimeFailure(f"{address} has no port: give it as HOST:PORT")
    return host.strip("[]"), int(port)


class Unimplemented(RuntimeFailure):
    """The daemon has no such service."""


def _failure(path: str, error: Any) -> Exception:
    code, text = error.code(), f"{path}: {str(error.details())[:_DETAILS]}"
    if code == grpc.StatusCode.UNIMPLEMENTED:
        return Unimplemented(text)
    return TimeoutError(text) if code == grpc.StatusCode.DEADLINE_EXCEEDED else RuntimeFailure(text)
