"""Decryption of whole connections, made in memory by Python's ssl: what was sent is known, and so is the key log."""

import random
from pathlib import Path

import pytest
from tlsmemory import Flights, converse, make_certificate

from ptcpdump.tls.ciphers import Protection
from ptcpdump.tls.connection import CLIENT, SERVER, Connection
from ptcpdump.tls.keylog import parse
from ptcpdump.tls.resuming import Trials

SUITES = [
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-CCM", "ECDHE-ECDSA-AES256-CCM8", "1.3",
]

@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    make_certificate(path)
    return path


MESSAGES = [(CLIENT, b"GET / HTTP/1.1\r\n\r\n"), (SERVER, b"x" * 40000), (CLIENT, b"second"), (SERVER, b"y" * 5)]
TRUTH = [b"".join(text for side, text in MESSAGES if side == direction) for direction in (CLIENT, SERVER)]


def secrets_of(log: Path) -> dict[tuple[str, bytes], bytes]:
    return {(label, client): secret for label, client, secret in parse(log.read_bytes())}


def read(connection: Connection, sent: Flights, chance: random.Random) -> list[bytes]:
    """The application data of both directions, the bytes given in pieces of any size."""
    plain = [b"", b""]
    for direction, data in sent:
        at = 0
        while at < len(data):
            size = chance.choice([1, 4, 5, 100, 1460, 20000, 70000])
            plain[direction] += b"".join(connection.feed(direction, data[at:at + size]))
            at += size
    return plain


@pytest.mark.parametrize("suite", SUITES)
def test_suites(certificate: Path, tmp_path: Path, suite: str) -> None:
    sent = converse(certificate, tmp_path / "log", suite, MESSAGES)
    secrets = secrets_of(tmp_path / "log")
    connection = Connection(lambda label, client: secrets.get((label, client)))
    assert read(connection, sent, random.Random(suite)) == TRUTH
    assert not connection.failed, connection.failed


@pytest.mark.parametrize("suite", SUITES[::5])
def test_keys_that_come_later(certificate: Path, tmp_path: Path, suite: str) -> None:
    sent = converse(certificate, tmp_path / "log", suite, MESSAGES)
    known: dict[tuple[str, bytes], bytes] = {}
    connection = Connection(lambda label, client: known.get((label, client)))
    assert read(connection, sent, random.Random(1)) == [b"", b""]
    assert connection.lacking
    known |= secrets_of(tmp_path / "log")
    assert [b"".join(records) for _, records in connection.retry()] == TRUTH


@pytest.mark.parametrize("suite", SUITES[::5])
def test_wrong_keys_and_losses(certificate: Path, tmp_path: Path, suite: str) -> None:
    sent = converse(certificate, tmp_path / "log", suite, MESSAGES)
    secrets = secrets_of(tmp_path / "log")
    wrong = Connection(lambda label, client: bytes(len(secrets[label, client])))
    assert read(wrong, sent, random.Random(1)) == [b"", b""]
    assert "does not fit its key" in wrong.failed
    cut = Connection(lambda label, client: secrets[label, client][:16])
    assert read(cut, sent, random.Random(1)) == [b"", b""]
    assert cut.failed
    lossy = Connection(lambda label, client: secrets.get((label, client)))
    for direction, data in sent[:1]:
        lossy.feed(direction, data)
    lossy.lose(SERVER, 100)
    assert lossy.failed == "packets of its handshake are missing"
    assert read(lossy, sent, random.Random(1)) == [b"", b""]


def test_what_is_no_tls() -> None:
    for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff", b"\x16\x03\x01\0\x04\x02\0\0\0" + b"x" * 9):
        connection = Connection(lambda _label, _client: None)
        assert connection.feed(SERVER, data) == []
        assert connection.failed


def test_suite_that_is_not_known(certificate: Path, tmp_path: Path) -> None:
    sent = converse(certificate, tmp_path / "log", "ECDHE-ECDSA-ARIA128-GCM-SHA256", MESSAGES)
    connection = Connection(lambda _label, _client: bytes(48))
    read(connection, sent, random.Random(1))
    assert "cipher suite (0xc05c" in connection.failed


def test_what_is_tried_is_bounded(certificate: Path, tmp_path: Path) -> None:
    """Bytes full of what looks like records, behind a hole: of many connections no more is tried than of a few."""
    sent = converse(certificate, tmp_path / "log", "1.3", MESSAGES)
    secrets, trials, opened = secrets_of(tmp_path / "log"), Trials(), 0
    real = Protection.open

    def count(self: Protection, kind: int, body: bytes) -> tuple[int, bytes]:
        nonlocal opened
        opened += 1
        return real(self, kind, body)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Protection, "open", count)
        for _ in range(10):
            connection = Connection(lambda label, client: secrets.get((label, client)), trials)
            read(connection, sent, random.Random(1))
            connection.lose(CLIENT, 1 << 18)
            connection.feed(CLIENT, b"\x17\3\3\0\x11" * 60)
            assert "packets of it are missing" in connection.failed
    assert 10_000 < opened < 80_000


def test_a_suite_of_earlier_versions(certificate: Path, tmp_path: Path) -> None:
    """TLS 1.3 with a cipher suite that it can't have."""
    sent = converse(certificate, tmp_path / "log", "1.3", MESSAGES)
    secrets = secrets_of(tmp_path / "log")
    connection = Connection(lambda label, client: secrets.get((label, client)))
    for direction, data in sent:
        at = 44 + data[43] if direction == SERVER and data[5] == 2 else 0       # behind the session id
        connection.feed(direction, data[:at] + b"\0\x2f" + data[at + 2:] if at else data)
    assert "its cipher suite (0x002f, version 0x0304) is not known here" in connection.failed
