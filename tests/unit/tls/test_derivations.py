"""Secrets by what they are derived from and the hellos on the wire; live they are compared with the peer's key log."""

import hashlib
import hmac
import random
from pathlib import Path

import aioquic.tls
import pytest
from aioquic.tls import CipherSuite
from quictalk import V2, Talk, make_quic_certificate
from tlssavefiles import segments

from ptcpdump.dissect.fields import Fields
from ptcpdump.kernel.loading.secrets import Secret
from ptcpdump.tls import derivations
from ptcpdump.tls.derivations import Derivations, expand
from ptcpdump.tls.transcripts import Transcripts

CLIENT, SERVER = 0, 1
RETRY = hashlib.sha256(b"HelloRetryRequest").digest()       # RFC 8446, 4.1.3


def hello(kind: int, number: int | bytes, suite: int = 0x1301) -> bytes:
    """A hello, with so much of it as decides."""
    body = b"\3\3" + (number if isinstance(number, bytes) else bytes([number] * 32)) + b"\0"
    body += suite.to_bytes(2, "big") + b"\0" if kind == 2 else b"\0\2\x13\1\1\0" + bytes(1500)
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def records(*messages: bytes, size: int = 1000) -> bytes:
    """Messages in records of a size, which cut them anywhere."""
    whole = b"".join(messages)
    return b"".join(b"\x16\3\1" + len(part).to_bytes(2, "big") + part
                    for at in range(0, len(whole), size) if (part := whole[at:at + size]))


def hashes(*sent: tuple[int, bytes]) -> list[tuple[bytes, bytes]]:
    transcripts = Transcripts()
    return [pair for number, frame in enumerate(segments(list(sent)))
            for pair in transcripts.packet(Fields(frame, 1), number)]


def test_transcripts() -> None:
    client, server, name = hello(1, 1), hello(2, 2), bytes([1] * 32)
    early = [(hashlib.sha256(client).digest(), name), (hashlib.sha384(client).digest(), name)]
    assert hashes((CLIENT, records(client)), (SERVER, records(server) + b"\x17\3\3\0\1x")) == [
        *early, (hashlib.sha256(client + server).digest(), name)]
    server = hello(2, 2, 0x1302)
    assert hashes((CLIENT, records(client)), (SERVER, records(server)))[2:] == [
        (hashlib.sha384(client + server).digest(), name)]


def test_transcript_after_a_retry() -> None:
    client, again, retry, server = hello(1, 1), hello(1, 1) + b"", hello(2, RETRY), hello(2, 2)
    found = hashes((CLIENT, records(client)), (SERVER, records(retry) + b"\x14\3\3\0\1\1"),
                   (CLIENT, b"\x14\3\3\0\1\1" + records(again)), (SERVER, records(server)))
    first = b"\xfe\0\0\x20" + hashlib.sha256(client).digest()
    assert found[2:] == [(hashlib.sha256(first + retry + again + server).digest(), bytes([1] * 32))]


def test_anything_in_records() -> None:
    """Hellos with any byte changed, and cut anywhere: nothing fails, and nothing is held for long."""
    chance, whole = random.Random(1), records(hello(1, 1)) + records(hello(2, 2))
    for _ in range(150):
        data = bytearray(whole[:chance.randrange(6, len(whole))])
        for _ in range(3):
            data[chance.randrange(len(data))] = chance.randrange(256)
        data[:6] = whole[:6]
        hashes((CLIENT, bytes(data)), (SERVER, bytes(data[100:]) or b"x"), (CLIENT, bytes(data)))


def derived(label: str, secret: bytes, transcript: bytes) -> Secret:
    return Secret(0, 1, 1, 0, 0, "x", 0, "", label, bytes(32), secret, transcript)


def test_derivations_of_a_connection(monkeypatch) -> None:
    """In any order: as soon as the hellos are there, and from the handshake's secret on the master secret's, too."""
    client, server, taken = hello(1, 1), hello(2, 2), []
    made = Derivations(lambda *line: taken.append(line))
    secret, early, later = bytes([7] * 32), hashlib.sha256(client + server).digest(), bytes([9] * 32)
    salt = expand(secret, "derived", hashlib.sha256().digest(), "sha256")
    master = hmac.digest(salt, bytes(32), "sha256")
    made.derivation(derived("c ap traffic", master, later))
    made.derivation(derived("c hs traffic", secret, early))
    made.derivation(derived("res master", master, later))       # of no key log
    made.derivation(derived("c hs traffic", secret[:31], early))
    assert taken == []
    for number, frame in enumerate(segments([(CLIENT, records(client)), (SERVER, records(server))])):
        made.packet(Fields(frame, 1), number)
    made.derivation(derived("exp master", master, later))
    name = bytes([1] * 32)
    assert taken == [("CLIENT_HANDSHAKE_TRAFFIC_SECRET", name, expand(secret, "c hs traffic", early, "sha256")),
                     ("CLIENT_TRAFFIC_SECRET_0", name, expand(master, "c ap traffic", later, "sha256")),
                     ("EXPORTER_SECRET", name, expand(master, "exp master", later, "sha256"))]
    monkeypatch.setattr(derivations, "_MOST_WAITING", 3)
    for number in range(99):
        made.derivation(derived("c ap traffic", bytes([number] * 32), later))
    assert len(made._waiting) == 3


@pytest.mark.parametrize("words", [{}, {"versions": (V2,)}, {"retry": True}, {"suite": CipherSuite.AES_256_GCM_SHA384},
                                   {"drop": lambda number: number in (0, 2)}])
def test_derivations_in_quic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: dict[str, object]) -> None:
    """What a probe would read of each end, and the datagrams: all that is in the key log, and nothing else."""
    inputs, expand_theirs = [], aioquic.tls.hkdf_expand_label

    def expand_label(algorithm: object, secret: bytes, label: bytes, hash_value: bytes, length: int) -> bytes:
        if len(hash_value) == length:
            inputs.append(derived(label.decode(), secret, hash_value))
        return expand_theirs(algorithm, secret, label, hash_value, length)

    monkeypatch.setattr(aioquic.tls, "hkdf_expand_label", expand_label)
    talk, taken = Talk(make_quic_certificate(tmp_path), alpn="hq", **words), set()
    talk.pump()
    made = Derivations(lambda *line: taken.add(line))
    for number, frame in enumerate(talk.frames()):
        made.packet(Fields(frame, 1), number)
    for each in inputs:
        made.derivation(each)
    truth = {(label, bytes.fromhex(name), bytes.fromhex(secret))
             for label, name, secret in (line.split() for line in talk.keys.getvalue().splitlines())}
    assert len(truth) == 4
    assert {line for line in taken if "EXPORTER" not in line[0]} == truth
    assert made._quic._known == {}
