"""QUIC of anyone: whatever is sent, reading it ends soon, keeps its bounds, and nothing but words comes of it."""

import random
import tempfile
from pathlib import Path

import pylsqpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quictalk import CLIENT, SERVER, Talk, make_quic_certificate
from wire import ethernet, udp

from ptcpdump.dissect.fields import Fields
from ptcpdump.tls.keystore import KeyStore
from ptcpdump.tls.quic.conversations import QuicConversations
from ptcpdump.tls.quic.frames import StreamData, read_frames
from ptcpdump.tls.quic.http3 import Exchange3
from ptcpdump.tls.quic.keys import whole_number
from ptcpdump.tls.quic.ordered import Ordered, StreamTable
from ptcpdump.tls.quic.packets import read_packets


@pytest.fixture(scope="module")
def talk() -> Talk:
    with tempfile.TemporaryDirectory() as folder:
        made = Talk(make_quic_certificate(Path(folder)), retry=True)
    made.pump()
    made.ask("/", b"x" * 3000)
    made.ends[CLIENT].request_key_update()
    made.move()
    made.ask("/", b"y" * 3000)
    return made


def changed(chance: random.Random, data: bytes) -> bytes:
    whole = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at = min(chance.choice([chance.randrange(30), chance.randrange(len(whole) or 1)]), max(0, len(whole) - 1))
        turn = chance.randrange(3)
        if turn == 0:
            whole[at:at + 1] = bytes([chance.choice([0, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xFF, chance.randrange(256)])])
        elif turn == 1:
            del whole[at:at + chance.choice([1, 2, 100, 2000])]
        else:
            whole[at:at] = chance.randbytes(chance.choice([1, 5, 100]))
    return bytes(whole)


def test_changed_packets(talk: Talk) -> None:
    chance, frames = random.Random(1), talk.frames()
    store = KeyStore()
    store.add(talk.keys.getvalue().encode())
    for _ in range(60):
        packets = list(frames)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(packets))
            packets.insert(chance.randrange(len(packets)), chance.choice([packets[at], changed(chance, packets[at])]))
            del packets[chance.randrange(len(packets))]
        conversations = QuicConversations(store if chance.randrange(3) else KeyStore())
        for number, packet in enumerate(packets):
            conversations.packet(Fields(packet), number * chance.choice([1, 10**9, 10**11]))
        conversations.close()
        assert conversations._held == 0
        assert not (conversations._known or conversations._by_flow or conversations._by_id)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 15), st.binary(max_size=80)), max_size=6))
def test_anything(pieces: list[tuple[int, bytes]]) -> None:
    """Frames, datagrams and streams of any contents."""
    exchange, conversations = Exchange3(), QuicConversations(KeyStore())
    for stream, data in pieces:
        list(read_frames(data))
        list(read_packets(data))
        for version in (b"\0\0\0\1", b"\x6b\x33\x43\xcf"):
            conversations.packet(Fields(ethernet(udp(b"\xc0" + version + data, 4000, 443))), 1)
        exchange.feed(bool(stream & 1), stream, data, 1, last=len(data) % 7 == 0)
    conversations.close()


def test_changed_streams() -> None:
    chance = random.Random(2)
    encoder = pylsqpack.Encoder()
    table = b"\x02" + encoder.apply_settings(4096, 16)
    blocks = []
    for stream in (0, 4):
        more, block = encoder.encode(stream, [(b":method", b"GET"), (b":path", b"/"), (b"x", b"value")])
        table += more
        blocks.append(b"\x01" + bytes([len(block)]) + block + b"\x00\x03abc")
    for _ in range(400):
        exchange = Exchange3()
        flights = [(True, 3, b"\x00\x04\x03\x01\x50\x00"), (False, 0, blocks[0]), (False, 2, table),
                   (False, 4, blocks[1])]
        chance.shuffle(flights)
        for server, stream, data in flights:
            data = changed(chance, data) if chance.randrange(2) else data
            for message in exchange.feed(server, stream, data, 1, last=chance.random() < 0.2) or ():
                assert message.line()
        assert 0 <= exchange.kept < 1 << 22


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_order(text: bytes, chance: random.Random) -> None:
    """Pieces that overlap, come twice and in any order are put together; nothing is left then."""
    pieces = [(at, text[at:at + chance.randint(1, 9)]) for at in range(len(text))] * 2
    chance.shuffle(pieces)
    ordered = Ordered()
    assert b"".join(ordered.add(at, piece) for at, piece in pieces) == text
    assert ordered.held == 0


def test_numbers() -> None:
    """RFC 9000, A.3: whichever numbers are near the largest one are found again from their last bytes."""
    chance = random.Random(3)
    for _ in range(2000):
        size, largest = chance.randint(1, 4), chance.randrange(1 << 40)
        window = 1 << 8 * size
        number = max(0, largest + 1 + chance.randint(1 - window // 2, window // 2))
        assert whole_number(number % window, size, largest) == number
    assert whole_number(0x9B32, 2, 0xA82F30EA) == 0xA82F9B32


def test_many_streams() -> None:
    """Streams without number cost no memory, and those of long ago don't come again."""
    table = StreamTable()
    for number in range(0, 4 * 20000, 4):
        assert table.add(CLIENT, StreamData(number, 0, b"x", last=True))[0].data == b"x"
    assert table.cost <= 512 << 13
    assert table.add(CLIENT, StreamData(0, 0, b"x", last=True)) == []
    for number in range(4 * 20000, 4 * 40000, 4):
        table.add(SERVER, StreamData(number, 5, b"behind a hole", last=False))
    assert 0 < table.held <= (1 << 13) * 200
