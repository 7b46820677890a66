"""TLS connections of anyone: whatever is sent, decrypting it ends soon, and nothing but words comes of it."""

import os
import random
from pathlib import Path

import pytest
from fuzzing import turns
from hypothesis import given, settings
from hypothesis import strategies as st
from savefiles import pump
from tlsmemory import CLIENT, SERVER, Flights, converse, make_certificate
from tlssavefiles import savefile, segments

from ptcpdump.dissect.fields import Fields
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.output import Output
from ptcpdump.sinks.text import TextSink
from ptcpdump.tls.connection import Connection
from ptcpdump.tls.conversations import Conversations
from ptcpdump.tls.decrypting import DecryptingSink
from ptcpdump.tls.derivations import Derivations
from ptcpdump.tls.embedding import EmbeddingSink
from ptcpdump.tls.http1 import Exchange
from ptcpdump.tls.http2 import PREFACE, Exchange2
from ptcpdump.tls.keylog import parse
from ptcpdump.tls.keystore import KeyStore
from ptcpdump.tls.proof import OffsetProof
from ptcpdump.tls.watching import HelloSink
from ptcpdump.tls.websocket import Frames

MESSAGES: Flights = [(CLIENT, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
                     (SERVER, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 40000)]
SUITES = "1.3", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384"
HTTP = (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nContent-Length: 99999999999999999999\r\n\r\n"
        b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n")
HTTP2 = PREFACE + b"".join(
    len(payload).to_bytes(3, "big") + bytes([kind, flags, 0, 0, 0, 1]) + payload for kind, flags, payload in (
        (4, 0, b"\0\1\xff\xff\xff\xff"), (1, 0x2C, b"\x05\0\0\0\0\0\x82\x84\x41\x01x" + bytes(5)), (9, 4, b"\x88"),
        (0, 9, b"\x03" + bytes(9)), (5, 4, b"\0\0\0\3\x82"), (3, 0, bytes(4)), (1, 5, b"\x88\x5f\x01x")))


@pytest.fixture(scope="module")
def connections(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Flights, bytes]]:
    folder = tmp_path_factory.mktemp("fuzz")
    make_certificate(folder / "both.pem")
    return [(converse(folder / "both.pem", folder / suite, suite, MESSAGES), (folder / suite).read_bytes())
            for suite in SUITES]


def changed(chance: random.Random, data: bytes) -> bytes:
    """Some bytes of it changed, left out or repeated, most of them where lengths and types stand."""
    whole = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.choice([chance.randrange(12), chance.randrange(120), chance.randrange(len(whole) or 1)])
        at = min(at, max(0, len(whole) - 1))
        turn = chance.randrange(4)
        if turn == 0:
            whole[at:at + 1] = bytes([chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])])
        elif turn == 1:
            del whole[at:at + chance.choice([1, 2, 100, 20000])]
        elif turn == 2:
            whole[at:at] = whole[at:at + chance.choice([1, 5, 1000])]
        else:
            whole[at:at] = chance.randbytes(chance.choice([1, 5, 100]))
    return bytes(whole)


def test_changed_flights(connections: list[tuple[Flights, bytes]]) -> None:
    chance = random.Random(1)
    for turn in range(turns(600)):
        sent, log = connections[turn % len(connections)]
        secrets = {(label, client): secret for label, client, secret in parse(log)}
        connection = Connection(lambda label, client, known=secrets: known.get((label, client)))
        which = chance.randrange(len(sent))
        for number, (direction, data) in enumerate(sent):
            for piece in connection.feed(direction, changed(chance, data) if number == which else data):
                assert piece
            if chance.randrange(5) == 0:
                connection.lose(direction, chance.choice([1, 100, 30000, 1 << 30]))
        connection.retry()
        assert isinstance(connection.failed, str)


def test_changed_packets(connections: list[tuple[Flights, bytes]]) -> None:
    """Packets that are lost, doubled and out of order, and secrets that are missing or wrong."""
    chance = random.Random(2)
    for turn in range(turns(300)):
        sent, log = connections[turn % len(connections)]
        rows = log.splitlines(keepends=True)
        store = KeyStore()
        store.add(b"".join(row if chance.randrange(4) else row[:-chance.randrange(2, 40)] + b"\n" for row in rows))
        packets = segments(sent)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(packets))
            packets.insert(chance.randrange(len(packets)), chance.choice([packets[at], changed(chance, packets[at])]))
            del packets[chance.randrange(len(packets))]
        conversations = Conversations(store)
        for number, packet in enumerate(packets):
            conversations.packet(Fields(packet), number * chance.choice([1, 10**9]))
        conversations.close()


def test_changed_savefiles(connections: list[tuple[Flights, bytes]], tmp_path: Path) -> None:
    """All that stands between a capture and its text: who waits for keys, who proves them, who derives and decrypts."""
    chance = random.Random(4)
    for turn in range(turns(60)):
        sent, log = connections[turn % len(connections)]
        keys, packets = list(parse(log)), segments(sent)
        for _ in range(chance.randint(0, 3)):
            at = chance.randrange(len(packets))
            packets[at] = changed(chance, packets[at])
        derivations, proof = Derivations(lambda *_: None), OffsetProof(lambda _: None, str)
        text = TextSink(Output(os.open(os.devnull, os.O_WRONLY), "text", owned=True), TextOptions(numeric=True))
        embedder = EmbeddingSink(DecryptingSink(text, KeyStore(), lambda *_: None))
        sink = HelloSink(embedder, proof, derivations)
        derivations.expect()
        for key in keys:
            embedder.add(*key)
        pump(savefile(tmp_path / "x.pcapng", packets), sink)
        sink.close()


def test_changed_plaintext() -> None:
    chance = random.Random(3)
    for turn in range(turns(3000)):
        reader = (Exchange(), Exchange2(), Frames("x", "/"))[turn % 3]
        for _ in range(3):
            server = chance.random() < 0.5
            data = changed(chance, HTTP2 if turn % 3 == 1 else HTTP[chance.randrange(len(HTTP)):])
            told = reader.feed(server, data) if isinstance(reader, Frames) else reader.feed(server, data, 1)
            assert all(message.line() for message in told or ())
            if chance.randrange(6) == 0:
                reader.lose(server)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=200)), max_size=4))
def test_anything(pieces: list[tuple[bool, bytes]]) -> None:
    connection, readers = Connection(lambda _label, _client: bytes(48)), (Exchange(), Exchange2())
    for server, data in pieces:
        connection.feed(int(server), data)
        for reader in readers:
            reader.feed(server, data, 1)
        connection.feed(int(server), b"\x16\x03\x03" + len(data).to_bytes(2, "big") + data)


def test_many_headers_that_are_none(connections: list[tuple[Flights, bytes]]) -> None:
    """A search behind a loss is given up soon, whatever looks like the header of a record."""
    sent, log = connections[0]
    secrets = {(label, client): secret for label, client, secret in parse(log)}
    connection = Connection(lambda label, client: secrets.get((label, client)))
    for direction, data in sent[:-1]:
        connection.feed(direction, data)
    connection.lose(SERVER, 1 << 29)
    for _ in range(64):
        connection.feed(SERVER, b"\x17\x03\x03\x00\x20" * 13000)
    assert "where it goes on was not found" in connection.failed
