"""Names that go over several packets."""

import random
import struct
from pathlib import Path

import hellos
import pytest
import tshark
import wire
from records import records

from ptcpdump.dissect import names
from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.model import Dns, Http, Tls
from ptcpdump.dissect.names import Message, Names
from ptcpdump.dissect.streams import Streams

CLIENT, SERVER = ("192.0.2.1", 40000), ("192.0.2.2", 443)
HEAD = b"GET /a/long/path HTTP/1.1\r\nUser-Agent: x\r\nHost: www.example.org\r\n\r\nbody"


def segment(payload: bytes = b"", seq: int = 0, flags: int = 16, source=CLIENT, target=SERVER) -> Fields:
    return Fields(
        wire.tcp(payload, source[1], target[1], seq=seq, flags=flags, source=source[0], target=target[0]), 101
    )


def told(parts: list[tuple[int, bytes]], target=SERVER, *, syn: bool = True) -> list[Message]:
    """What a connection says whose client sends these parts, in this order."""
    reader = Names()
    found = reader.feed(segment(seq=99, flags=2, target=target), 0) if syn else []
    for time, (offset, part) in enumerate(parts):
        found += reader.feed(segment(part, 100 + offset, target=target), time)
    return found + reader.close()


def halves(data: bytes, at: int) -> list[tuple[int, bytes]]:
    return [(0, data[:at]), (at, data[at:])]


def test_hello_cut_anywhere() -> None:
    hello = hellos.client_hello("www.example.org", ("h2",))
    for at in range(1, len(hello)):
        for parts in (halves(hello, at), halves(hello, at)[::-1]):
            (message,) = told(parts)
            assert isinstance(message.content, Tls)
            assert (message.content.server_name, message.content.complete) == ("www.example.org", True)
            assert (str(message.source), str(message.destination)) == ("192.0.2.1:40000", "192.0.2.2:443")


def test_hello_in_many_records_and_segments() -> None:
    message = hellos.handshake_message(hellos.client_hello("www.example.org"))
    records = b"".join(
        b"\x16\3\1" + struct.pack(">H", len(message[i : i + 7])) + message[i : i + 7] for i in range(0, len(message), 7)
    )
    parts = [(at, records[at : at + 11]) for at in range(0, len(records), 11)]
    random.Random(1).shuffle(parts)
    (found,) = told(parts)
    assert found.content.server_name == "www.example.org"


def test_both_hellos() -> None:
    reader = Names()
    found = reader.feed(segment(seq=0, flags=2), 0)
    found += reader.feed(segment(seq=0, flags=18, source=SERVER, target=CLIENT), 0)
    hello = hellos.client_hello("www.example.org")
    found += reader.feed(segment(hello, 1), 1)
    found += reader.feed(segment(hellos.server_hello(), 1, source=SERVER, target=CLIENT), 2)
    assert [(message.content.hello, message.source.port) for message in found] == [("client", 40000), ("server", 443)]
    assert reader.close() == []


def test_hello_with_a_hole() -> None:
    hello = hellos.client_hello("www.example.org", ("h2",))
    (message,) = told([(0, hello[:-100]), (len(hello) - 50, hello[-50:])])
    assert not message.content.complete
    assert message.content.random == hello[11:43]


def test_http_cut_anywhere() -> None:
    for at in range(1, len(HEAD)):
        (message,) = told(halves(HEAD, at), ("192.0.2.2", 8080))
        assert message.content == Http("GET", "/a/long/path", "www.example.org")


def test_http_that_does_not_end() -> None:
    (message,) = told([(0, b"GET /a"), (6, b"bc")])
    assert message.content == Http("GET", "/abc", complete=False)


def test_dns_over_tcp() -> None:
    queries = [wire.dns(number, 0x0100, [wire.question(f"host{number}.example", 1)]) for number in range(3)]
    stream = b"".join(struct.pack(">H", len(query)) + query for query in queries)
    for at in range(1, len(stream)):
        found = told(halves(stream, at), ("192.0.2.2", 53))
        assert [message.content.name for message in found] == ["host0.example", "host1.example", "host2.example"]


def test_dns_over_udp() -> None:
    (message,) = Names().feed(Fields(wire.udp(wire.dns(1, 0, [wire.question("a.example", 1)]), 5, 53), 101), 0)
    assert isinstance(message.content, Dns)
    assert message.content.name == "a.example"


@pytest.mark.parametrize(
    "content", [b"SSH-2.0-x\r\n", b"\x16\3\1\0\4\x0b\0\0\0", b"\0" * 100, b"\x17\3\3\0\1x", b"\x16\3\1\0\0" * 100]
)
def test_streams_of_something_else(content: bytes) -> None:
    assert told([(0, content)]) == []


def test_a_stream_joined_midway() -> None:
    hello = hellos.client_hello("www.example.org")
    (message,) = told(halves(hello, 100), syn=False)
    assert message.content.server_name == "www.example.org"
    assert told([(0, hello[50:])], syn=False) == []


def test_quic_over_two_datagrams() -> None:
    hello = hellos.handshake_message(hellos.client_hello("quic.example", ("h3",)))
    reader = Names()
    datagrams = [
        hellos.quic_initial(hellos.crypto_frame(at, part), number=number)
        for number, (at, part) in enumerate(halves(hello, 60)[::-1])
    ]
    first, second = (Fields(wire.udp(datagram, 40000, 443), 101) for datagram in datagrams)
    assert reader.feed(first, 0) == []
    (message,) = reader.feed(second, 1)
    assert (message.content.server_name, message.content.complete) == ("quic.example", True)
    assert reader.feed(second, 2) == []  # sent again


def test_quic_server_hello() -> None:
    server = hellos.handshake_message(hellos.server_hello())
    client = hellos.handshake_message(hellos.client_hello("quic.example"))
    reader = Names()
    reader.feed(Fields(wire.udp(hellos.quic_initial(hellos.crypto_frame(0, client)), 40000, 443), 101), 0)
    answer = hellos.quic_initial(
        hellos.crypto_frame(0, server), connection_id=b"", original_id=b"12345678", side="server in"
    )
    (message,) = reader.feed(Fields(wire.udp(answer, 443, 40000, wire.IP_B, wire.IP_A), 101), 1)
    assert (message.content.hello, message.content.version) == ("server", 0x0304)


def test_hellos_of_a_quic_connection(corpus: Path, tmp_path: Path) -> None:
    packets = list(records(corpus / "tcpdump" / "quic_handshake.pcap"))
    reader = Names()
    found = [message for packet in packets for message in reader.feed(Fields(packet.data, packet.linktype), 0)]
    tshark.write(tmp_path / "x.pcapng", packets)
    randoms = [
        row["tls.handshake.random"][0] for row in tshark.dissect(tmp_path / "x.pcapng") if "tls.handshake.random" in row
    ]
    assert [message.content.hello for message in found] == ["client", "server"]
    assert [message.content.random.hex() for message in found] == randoms


def test_unfinished_messages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "TOTAL", 10_000)
    monkeypatch.setattr(names, "HANDSHAKES", 10)
    reader = Names(Streams(streams=50))
    hello = hellos.client_hello("a.example")
    found = []
    for number in range(200):
        source = "10.0.0.1", 1000 + number
        found += reader.feed(segment(hello[:-1], 1, source=source), number)
        reader.feed(
            Fields(wire.udp(hellos.quic_initial(b"\1", connection_id=struct.pack(">Q", number)), source[1], 443), 101),
            number,
        )
        assert reader._kept <= 10_000
        assert reader._kept == sum(len(part.buffer) for part in reader._readers.values())
        assert len(reader._readers) <= 50
        assert len(reader._handshakes) <= 10
    assert len(found) > 100
    assert len(found) + len(reader.close()) == 200
    assert (reader._kept, len(reader._readers)) == (0, 0)


def test_scopes_are_kept_apart() -> None:
    reader = Names()
    hello = hellos.client_hello("a.example")
    for scope in ("one", "two"):
        reader.feed(segment(seq=99, flags=2), 0, scope)
    assert reader.feed(segment(hello[:50], 100), 1, "one") == []
    assert reader.feed(segment(hello[50:], 150), 1, "two") == []
    assert len(reader.feed(segment(hello[50:], 150), 1, "one")) == 1


def test_any_bytes_in_any_order() -> None:
    pick = random.Random(2)
    hello = hellos.client_hello("a.example")
    for _ in range(300):
        data = bytearray(hello + HEAD)
        for _ in range(pick.randrange(5)):
            data[pick.randrange(len(data))] = pick.randrange(256)
        parts = [(at := pick.randrange(len(data)), bytes(data[at : at + pick.randrange(300)])) for _ in range(20)]
        assert all(message.content for message in told(parts, ("192.0.2.2", pick.choice((53, 443)))))
