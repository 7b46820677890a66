"""QUIC: what is decrypted equals what both ends said, by packets of aioquic, and what tshark reads of them."""

import random
import subprocess
from pathlib import Path

import pytest
from aioquic.tls import CipherSuite
from hellos import crypto_frame, quic_initial
from quictalk import CLIENT, SERVER, V1, V2, Talk, make_quic_certificate
from tlssavefiles import savefile
from wire import IP_A, IP_B, ethernet, udp

from ptcpdump.dissect.fields import Fields
from ptcpdump.tls.keystore import KeyStore
from ptcpdump.tls.quic.conversations import QuicConversations
from ptcpdump.tls.quic.frames import StreamData
from ptcpdump.tls.quic.ordered import StreamTable
from ptcpdump.tls.told import Told

CASES = {
    "v1": {}, "v2": {"versions": (V2,)}, "v1, then v2": {"versions": (V1, V2)}, "retry": {"retry": True},
    "AES-256": {"suite": CipherSuite.AES_256_GCM_SHA384},
    "ChaCha20": {"suite": CipherSuite.CHACHA20_POLY1305_SHA256}, "v2 ChaCha20": {
        "suite": CipherSuite.CHACHA20_POLY1305_SHA256, "versions": (V2,)},
    "short ids": {"id_length": 4},
}
LONG = bytes(range(256)) * 60


def speak(talk: Talk) -> Talk:
    """Both ends say something under each key, and from another address."""
    talk.pump()
    talk.say(CLIENT, b"a question")
    talk.say(SERVER, LONG)
    for direction in (CLIENT, SERVER):
        talk.ends[direction].request_key_update()
        talk.say(direction, b"by the next keys")
        talk.say(1 - direction, b"by the next keys, too")
    talk.move()
    talk.say(CLIENT, b"from another address")
    talk.say(SERVER, b"to another address")
    return talk


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_quic_certificate(tmp_path_factory.mktemp("quic"))


@pytest.fixture(scope="module")
def talks(certificate: Path) -> dict[str, Talk]:
    made = {name: speak(Talk(certificate, alpn="hq", **words)) for name, words in CASES.items()}
    first = made["v1"]
    early = Talk(certificate, alpn="hq", before=first)
    early.say(CLIENT, b"in the first flight")
    early.say(SERVER, b"an answer")
    chance = random.Random(1)
    made["0-RTT"] = early
    made["losses"] = speak(Talk(certificate, alpn="hq", drop=lambda number: not number or chance.random() < 0.15))
    return made


def decrypted(frames: list[bytes], keys: str) -> tuple[list[bytes], list[str], QuicConversations]:
    """What the client and the server say by us, and what we tell beside how much it is."""
    store = KeyStore()
    store.add(keys.encode())
    conversations, plain, lines = QuicConversations(store), [b"", b""], []
    told = [conversations.packet(Fields(frame), number * 1_000_000) for number, frame in enumerate(frames)]
    for each in [*told, conversations.close()]:
        for server, _, data, _ in each.plain:
            plain[server] += data
        lines += [line for line in each.lines if "bytes of data" not in line]
    return plain, lines, conversations


def test_every_connection(tmp_path: Path, talks: dict[str, Talk]) -> None:
    """As it was said, and as tshark has it."""
    packets, keys = [], ""
    for number, (name, talk) in enumerate(talks.items()):
        frames = talk.frames(ports=20 * number)
        plain, lines, conversations = decrypted(frames, talk.keys.getvalue())
        assert (plain, lines) == (talk.said, []), name
        assert len(talk.said[CLIENT]) > 10, name
        assert conversations.without_keys == 0
        packets += frames
        keys += talk.keys.getvalue()
    (tmp_path / "keys").write_text(keys)
    savefile(tmp_path / "all.pcapng", packets)
    judge = subprocess.run(
        ["tshark", "-n", "-r", tmp_path / "all.pcapng", "-o", f"tls.keylog_file:{tmp_path / 'keys'}", "-T", "fields",
         "-E", "aggregator=,", "-e", "udp.srcport", "-e", "udp.dstport", "-e",
         "quic.stream_data"], capture_output=True, text=True, check=True)
    theirs: dict[tuple[int, int], bytes] = {}
    for row in judge.stdout.splitlines():
        source, target, data = row.split("\t")
        port, side = (int(source), CLIENT) if target == "443" else (int(target), SERVER)
        key = (port - 40000) // 20, side
        theirs[key] = theirs.get(key, b"") + bytes.fromhex(data.replace(",", ""))
    for number, (name, talk) in enumerate(talks.items()):
        # aioquic answers a Retry with another hello, which tshark does not expect; losses are in no order
        if name not in ("retry", "losses"):
            assert [theirs[number, CLIENT], theirs[number, SERVER]] == talk.said, name


def test_packets_that_are_not_captured(talks: dict[str, Talk]) -> None:
    """Whatever is missing but the last packets: what is told is true, and that something is missing is told."""
    talk, chance = talks["v1"], random.Random(2)
    frames = talk.frames()
    for _ in range(40):
        lost = set(chance.sample(range(4, len(frames) - 10), chance.randint(1, 3)))
        plain, lines, _ = decrypted([frame for at, frame in enumerate(frames) if at not in lost], talk.keys.getvalue())
        for ours, said in zip(plain, talk.said, strict=True):
            assert said.startswith(ours)
        assert plain == talk.said or any("packets of the connection are missing" in line for line in lines), lines
    order = list(range(len(frames)))
    for at in range(3, len(frames) - 3):        # out of order, and twice
        if chance.random() < 0.3:
            order[at], order[at + 2] = order[at + 2], order[at]
            order.insert(at, order[at])
    plain, lines, _ = decrypted([frames[at] for at in order], talk.keys.getvalue())
    assert (plain, lines) == (talk.said, [])


def test_keys_that_are_missing_late_or_wrong(talks: dict[str, Talk]) -> None:
    talk = talks["0-RTT"]
    frames, keys = talk.frames(), talk.keys.getvalue()
    plain, lines, conversations = decrypted(frames, "")
    assert (plain, lines, conversations.without_keys) == ([b"", b""], [], 1)
    store = KeyStore()
    late = QuicConversations(store)
    for number, frame in enumerate(frames):
        assert late.packet(Fields(frame), number) == Told()
    store.add(keys.encode())
    told = late.close()
    assert [b"".join(data for server, _, data, _ in told.plain if server == side) for side in (0, 1)] == talk.said
    assert all(line.startswith("192.0.2.1.40000 > 192.0.2.2.443: QUIC: ") for line in told.lines), told.lines
    words = keys.split()
    wrong = " ".join(word if len(word) != 64 or word == words[1] else word[::-1] for word in words)
    plain, lines, _ = decrypted(frames, "\n".join(" ".join(wrong.split()[at:at + 3]) for at in range(0, len(words), 3)))
    assert plain == [b"", b""]
    assert [line for line in lines if "not decrypted from here on: " in line and "fit" in line], lines
    cut = [frame[:len(frame) // 2] for frame in frames]
    store.add(keys.encode())
    short = QuicConversations(store)
    short.packet(Fields(frames[0]), 1)
    lines = [line for frame in cut[1:] for line in short.packet(Fields(frame[:100], length=len(frame)), 2).lines]
    assert lines == ["QUIC: the connection is not decrypted from here on: its packets were captured in part only (-s)"]


def test_what_is_held_is_bounded(talks: dict[str, Talk], monkeypatch: pytest.MonkeyPatch) -> None:
    talk = talks["v1"]
    monkeypatch.setattr("ptcpdump.tls.quic.connection.MOST_HELD", 5000)
    _, lines, _ = decrypted(talk.frames(), "")
    assert lines == ["QUIC: the connection is not decrypted from here on: no key for it is known"]
    monkeypatch.setattr("ptcpdump.tls.quic.conversations._MOST_HELD", 4000)
    conversations = QuicConversations(KeyStore())
    lines = [line for frame in talk.frames() for line in conversations.packet(Fields(frame), 1).lines]
    assert "too many packets of connections wait for their keys" in lines[0]
    conversations.close()
    assert conversations._held == 0
    assert not (conversations._by_flow or conversations._by_id or conversations._lengths)


def test_what_no_server_would_take(talks: dict[str, Talk]) -> None:
    """First packets in short datagrams, behind others in one datagram, or garbage: nothing is remembered of them."""
    hello, store = crypto_frame(0, b"\1\0\0\x26\3\3" + bytes(36)), KeyStore()
    first = quic_initial(hello, connection_id=b"firstone")
    for datagram, number in ((first, 1), (quic_initial(hello, least=50), 0), (b"\xc0\0\0\0\1\x08" + bytes(1300), 0),
                             (first + quic_initial(hello, connection_id=b"otherone"), 1),
                             (quic_initial(hello, original_id=b"another") + first, 0)):
        conversations = QuicConversations(store)
        conversations.packet(Fields(ethernet(udp(datagram, 40000, 443, IP_A, IP_B))), 1)
        assert len(conversations._known) == number
    talk = talks["v1"]          # and they don't stand in the way of those that are real
    frames = [made for frame in talk.frames() for made in (
        ethernet(udp(quic_initial(hello, least=50), 40000, 443, IP_A, IP_B)), frame)]
    plain, lines, _ = decrypted(frames, talk.keys.getvalue())
    assert (plain, lines) == (talk.said, [])


def test_a_suite_of_earlier_versions() -> None:
    """Server Hellos of anyone, with the key known, end the connection only."""
    hello = b"\3\3" + bytes(32) + b"\0\0\2\x13\1\1\0\0\0"
    store = KeyStore()
    store.add(b"SERVER_HANDSHAKE_TRAFFIC_SECRET " + b"00" * 32 + b" " + b"ab" * 32 + b"\n")
    for suite in (b"\0\x2f", b"\xc0\x2b", b"\x13\x09"):
        for extensions in (b"\0\0", b"\0\6\0\x2b\0\2\3\4"):
            answer = b"\3\3" + bytes(32) + b"\0" + suite + b"\0" + extensions
            conversations = QuicConversations(store)
            for data, ends in ((quic_initial(crypto_frame(0, b"\1\0\0" + bytes([len(hello)]) + hello)), (40000, 443)),
                               (quic_initial(crypto_frame(0, b"\2\0\0" + bytes([len(answer)]) + answer), 1, b"",
                                             original_id=b"12345678", side="server in"), (443, 40000)),
                               (b"\xe0\0\0\0\1\0\0\x40\x1e" + bytes(30), (443, 40000))):
                sides = (IP_A, IP_B) if ends[1] == 443 else (IP_B, IP_A)
                conversations.packet(Fields(ethernet(udp(data, *ends, *sides))), 1)
            conversations.close()


def test_streams_that_are_over() -> None:
    """Only their numbers are remembered, and those only while others before them go on; they don't come again."""
    chance, table = random.Random(4), StreamTable()
    numbers = [4 * index for index in range(3000)]
    for begin in range(0, len(numbers), 100):       # in about the order in which they began
        group = numbers[begin:begin + 100]
        chance.shuffle(group)
        for number in group:
            assert table.add(CLIENT, StreamData(number, 0, b"", last=False)) == []
            assert [piece.data for piece in table.add(CLIENT, StreamData(number, 0, b"ab", last=False))] == [b"ab"]
        assert table.cost > 0
        for number in group:
            assert [piece.last for piece in table.add(CLIENT, StreamData(number, 2, b"", last=True))] == [True]
    assert table.cost == table.held == sum(map(len, table.over.values())) == 0
    assert all(table.add(CLIENT, StreamData(number, 0, b"ab", last=True)) == [] for number in numbers)
    assert table.add(SERVER, StreamData(0, 0, b"x", last=True))
    table.add(CLIENT, StreamData(12000, 0, b"goes on", last=False))
    for number in range(12008, 200_000, 8):         # every other one
        table.add(CLIENT, StreamData(number, 0, b"x", last=True))
        assert table.add(CLIENT, StreamData(number, 0, b"x", last=True)) == []
    assert sum(map(len, table.over.values())) < 1 << 12
    assert [piece.data for piece in table.add(CLIENT, StreamData(12000, 7, b", still", last=True))] == [b", still"]
