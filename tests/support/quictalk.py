"""QUIC conversations without a network, by aioquic: the datagrams of both ends, what was said, and the key log."""

import io
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aioquic.buffer import Buffer
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import StreamDataReceived
from aioquic.quic.packet import QuicProtocolVersion, encode_quic_retry, pull_quic_header
from aioquic.tls import CipherSuite
from tlsmemory import make_certificate
from wire import IP_A, IP_B, ethernet, udp

CLIENT, SERVER = 0, 1
V1, V2 = QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2
ADDRESSES = ("192.0.2.1", 40000), ("192.0.2.2", 443)
MOVED = "192.0.2.9", 40009              # where a client goes to


@dataclass
class Talk:
    """Two connected ends. datagrams: what was sent, with its direction and the client's port."""

    certificate: Path
    alpn: str = "h3"
    versions: tuple[int, ...] = (V1,)
    suite: CipherSuite = CipherSuite.AES_128_GCM_SHA256
    retry: bool = False
    before: "Talk | None" = None        # whose session is gone on with, with data in the first flight
    id_length: int = 8
    keys: io.StringIO = field(default_factory=io.StringIO)
    datagrams: list[tuple[int, bytes, int]] = field(default_factory=list)
    said: list[bytes] = field(default_factory=lambda: [b"", b""])
    drop: Callable[[int], bool] = lambda _number: False     # whether the network loses this datagram
    now: float = 1.0
    port: int = ADDRESSES[CLIENT][1]

    def __post_init__(self) -> None:
        common = dict(alpn_protocols=[self.alpn], cipher_suites=[self.suite], connection_id_length=self.id_length)
        client = QuicConfiguration(is_client=True, verify_mode=ssl.CERT_NONE, supported_versions=[V1, V2],
                                   original_version=self.versions[0], server_name="x",
                                   **common)
        self.server_words = QuicConfiguration(is_client=False, supported_versions=list(reversed(self.versions)),
                                              secrets_log_file=self.keys, **common)
        self.server_words.load_cert_chain(self.certificate)
        self.tickets: list[object] = []
        self.stored: dict[bytes, object] = self.before.stored if self.before else {}
        if self.before:
            client.session_ticket = self.before.tickets[-1]
        self.ends: list[QuicConnection | None] = [
            QuicConnection(configuration=client, session_ticket_handler=self.tickets.append), None]
        self.web: list[H3Connection | None] = [None, None]
        self.heard: list[list[object]] = [[], []]
        self.sent = 0
        self.ends[CLIENT].connect(ADDRESSES[SERVER], self.now)

    def _deliver(self, direction: int, data: bytes) -> None:
        if direction == CLIENT and self.ends[SERVER] is None:
            header = pull_quic_header(Buffer(data=data), host_cid_length=8)
            words = {"original_destination_connection_id": header.destination_cid}
            if self.retry and not header.token:
                source = os.urandom(8)
                self.first_id = header.destination_cid
                answer = encode_quic_retry(header.version, source, header.source_cid, header.destination_cid, b"token")
                self.datagrams.append((SERVER, answer, self.port))
                self.ends[CLIENT].receive_datagram(answer, ADDRESSES[SERVER], self.now)
                return
            if self.retry:
                words = {"original_destination_connection_id": self.first_id,
                         "retry_source_connection_id": header.destination_cid}
            self.ends[SERVER] = QuicConnection(
                configuration=self.server_words, session_ticket_fetcher=self.stored.get,
                session_ticket_handler=lambda ticket: self.stored.update({ticket.ticket: ticket}), **words)
        address = MOVED if self.port == MOVED[1] else ADDRESSES[CLIENT]
        self.ends[1 - direction].receive_datagram(data, address if direction == CLIENT else ADDRESSES[SERVER], self.now)

    def pump(self) -> None:
        """Let both ends send and hear until both are silent."""
        for _ in range(200):
            silent = True
            for direction, end in enumerate(self.ends):
                for data, _ in end.datagrams_to_send(self.now) if end is not None else ():
                    silent = False
                    self.sent += 1
                    if not self.drop(self.sent):
                        self.datagrams.append((direction, data, self.port))
                        self._deliver(direction, data)
            self._hear()
            if silent:
                timers = [end.get_timer() for end in self.ends if end is not None and end.get_timer() is not None]
                if not self.drop(0) or not timers or min(timers) > self.now + 5:
                    return
                self.now = min(timers)
                for end in self.ends:
                    if end is not None and end.get_timer() is not None and end.get_timer() <= self.now:
                        end.handle_timer(self.now)
            self.now += 0.001

    def _hear(self) -> None:
        for side, end in enumerate(self.ends):
            while end is not None and (event := end.next_event()) is not None:
                if self.alpn != "h3":
                    if isinstance(event, StreamDataReceived):
                        self.said[1 - side] += event.data
                    continue
                if self.web[side] is None:
                    self.web[side] = H3Connection(end)
                for each in self.web[side].handle_event(event):
                    if isinstance(each, HeadersReceived | DataReceived):
                        self.heard[side].append(each)

    def ask(self, path: str, answer: bytes, *, length: bool = True, status: int = 200, kind: str = "") -> None:
        """A request of HTTP/3 and its response."""
        stream = self.ends[CLIENT].get_next_available_stream_id()
        self.web[CLIENT] = self.web[CLIENT] or H3Connection(self.ends[CLIENT])
        more = [(b"content-type", kind.encode())] if kind else []
        self.web[CLIENT].send_headers(stream, [
            (b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"example.org"), (b":path", path.encode()),
            *more], end_stream=True)
        self.pump()
        size = [(b"content-length", str(len(answer)).encode())] if length else []
        self.web[SERVER].send_headers(stream, [(b":status", str(status).encode()), *size, *more])
        self.web[SERVER].send_data(stream, answer, end_stream=not kind)
        if kind:
            self.web[SERVER].send_headers(stream, [(b"grpc-status", b"0")], end_stream=True)
        self.pump()

    def say(self, direction: int, data: bytes, *, last: bool = False) -> None:
        """Bytes in a stream of the client's."""
        self.ends[direction].send_stream_data(0, data, end_stream=last)
        self.pump()

    def move(self) -> None:
        """The client goes on from another address, with another connection id."""
        self.ends[CLIENT].change_connection_id()
        self.port = MOVED[1]

    def frames(self, *, ports: int = 0) -> list[bytes]:
        """The datagrams as Ethernet frames; ports: how much higher the client's port is."""
        made = []
        for direction, data, port in self.datagrams:
            ends = (IP_A, port + ports), (IP_B, 443)
            source, target = ends if direction == CLIENT else ends[::-1]
            made.append(ethernet(udp(data, source[1], target[1], source[0], target[0])))
        return made


def make_quic_certificate(folder: Path) -> Path:
    """A certificate and its key, in the order in which aioquic takes them."""
    make_certificate(folder / "both.pem")
    text = (folder / "both.pem").read_text()
    at = text.index("-----BEGIN CERT")
    (folder / "quic.pem").write_text(text[at:] + text[:at])
    return folder / "quic.pem"
