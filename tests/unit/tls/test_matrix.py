"""Cipher suites, versions and turns of a handshake: what is decrypted equals what was said, and what tshark reads."""

import random
import re
import ssl
import subprocess
from pathlib import Path

import pytest
from tlsmemory import CLIENT, SERVER, Flights, converse, make_certificate
from tlsrecorder import Program, relayed, server
from tlssavefiles import savefile, segments

from ptcpdump.dissect.fields import Fields
from ptcpdump.tls.conversations import Conversations
from ptcpdump.tls.keystore import KeyStore

MESSAGES: Flights = [(CLIENT, b"a question"), (SERVER, bytes(range(256)) * 90), (CLIENT, b"b" * 300), (SERVER, b"end")]
OLD = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
IN_MEMORY = {
    **{suite: {"suite": f"ECDHE-ECDSA-{suite}"} for suite in (
        "AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305", "AES128-CCM", "AES256-CCM", "AES128-CCM8",
        "AES128-SHA", "AES256-SHA", "AES128-SHA256", "AES256-SHA384")},
    **{f"{suite} MtE": {"suite": f"ECDHE-ECDSA-{suite}", "mac_first": True} for suite in (
        "AES128-SHA", "AES128-SHA256", "AES256-SHA384")},
    **{f"{version.name} {mac_first}": {"suite": "ECDHE-ECDSA-AES256-SHA", "version": version, "mac_first": mac_first}
       for version in OLD for mac_first in (False, True)},
    "1.2 resumed": {"suite": "ECDHE-ECDSA-AES128-SHA256", "resumed": True},
    "1.3": {"suite": "1.3"}, "1.3 resumed": {"suite": "1.3", "resumed": True},
    "1.3 another curve": {"suite": "1.3", "curve": "secp384r1"},
}
SUITES_13 = ("TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
             "TLS_AES_128_CCM_8_SHA256")


def talk(program: Program, client: Program, turns: tuple[str, ...] = ()) -> list[bytes]:
    """A line from each end, then the client does each of these and says another one; returns what each has said."""
    said = [b"", b""]

    def exchange(number: int) -> None:
        for direction, speaker, hearer in ((CLIENT, client, program), (SERVER, program, client)):
            text = f"{'from the client' if direction == CLIENT else 'answer'} {number}"
            speaker.say(text)
            hearer.hear(text.encode())
            said[direction] += text.encode() + b"\n"

    exchange(0)
    for number, turn in enumerate(turns):
        client.say(turn)
        client.hear(rb"KEYUPDATE|RENEGOTIATING")
        exchange(number + 1)
    return said


def recorded(folder: Path, log: Path) -> dict[str, tuple[Flights, list[bytes]]]:
    """Connections of openssl(1): suites of TLS 1.3, new keys, data in the first flight, renegotiation."""
    found = {}
    common = "-cert", folder / "both.pem", "-keylogfile", log
    with server(*common, "-tls1_3", "-early_data", "-ciphersuites", ":".join(SUITES_13)) as (program, port):
        for suite in SUITES_13:
            with relayed(port) as (relay, sent):
                client = Program("s_client", "-connect", f"127.0.0.1:{relay}", "-ciphersuites", suite, "-sess_out",
                                 folder / suite)
                client.hear(b"read R BLOCK")
                found[suite] = sent, talk(program, client, ("K", "k") if suite == SUITES_13[0] else ())
                client.leave()
        (folder / "early").write_text("data of the first flight\n")
        with relayed(port) as (relay, sent):
            client = Program("s_client", "-connect", f"127.0.0.1:{relay}", "-sess_in", folder / SUITES_13[1],
                             "-early_data", folder / "early")
            program.hear(b"data of the first flight")
            said = talk(program, client)
            found["0-RTT"] = sent, [b"data of the first flight\n" + said[CLIENT], said[SERVER]]
            client.leave()
    with server(*common, "-tls1_2", "-client_renegotiation") as (program, port), relayed(port) as (relay, sent):
        client = Program("s_client", "-connect", f"127.0.0.1:{relay}")
        found["renegotiation"] = sent, talk(program, client, ("R",))
        client.leave()
    return found


@pytest.fixture(scope="module")
def connections(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, tuple[Flights, list[bytes]]], bytes]:
    """What was sent and said in each connection, and the key log of all."""
    folder = tmp_path_factory.mktemp("matrix")
    make_certificate(folder / "both.pem")
    truth = [b"".join(text for side, text in MESSAGES if side == direction) for direction in (CLIENT, SERVER)]
    made = {name: (converse(folder / "both.pem", folder / "log", messages=MESSAGES, **words), truth)
            for name, words in IN_MEMORY.items()}
    made |= recorded(folder, folder / "log-too")
    return made, (folder / "log").read_bytes() + (folder / "log-too").read_bytes()


def decrypted(packets: list[bytes], keys: bytes) -> tuple[list[bytes], list[str]]:
    """What the client and the server say by us, and what we tell beside HTTP."""
    store = KeyStore()
    store.add(keys)
    conversations, plain, lines = Conversations(store), [b"", b""], []
    for number, frame in enumerate(packets):
        told = conversations.packet(Fields(frame), number * 1_000_000)
        if number == len(packets) - 1:
            last = conversations.close()
            told.plain += last.plain
            told.lines += last.lines
        for side, _, text, _ in told.plain:
            plain[side] += text
        lines += [line for line in told.lines if "bytes of data" not in line]
    return plain, lines


def test_every_connection(tmp_path: Path, connections: tuple[dict[str, tuple[Flights, list[bytes]]], bytes]) -> None:
    made, keys = connections
    packets, words = [], []
    for number, (name, (sent, said)) in enumerate(made.items()):
        ours = segments(sent, 40000 + number)
        assert decrypted(ours, keys) == (said, []), name
        packets += ours
        words += ["-z", f"follow,tls,raw,{number}"]
    assert len(made) >= 21
    (tmp_path / "keys").write_bytes(keys)
    savefile(tmp_path / "all.pcapng", packets)
    judge = subprocess.run(["tshark", "-n", "-q", "-r", tmp_path / "all.pcapng", "-o",
                            f"tls.keylog_file:{tmp_path / 'keys'}", *words], capture_output=True, text=True, check=True)
    followed = {re.search(r"tcp.stream eq (\d+)", text)[1]: (re.findall(r"^(\t?)([0-9a-f]+)$", text, re.MULTILINE),
                                                             re.search(r"Node 0: .*:443\n", text) is not None)
                for text in judge.stdout.split("Follow: tls,raw")[1:]}
    for number, (name, (_, said)) in enumerate(made.items()):
        rows, reverse = followed[str(number)]
        theirs = [bytes.fromhex("".join(row for tab, row in rows if bool(tab) == (bool(side) != reverse)))
                  for side in (CLIENT, SERVER)]
        assert theirs == said, name


@pytest.mark.parametrize("name", ["AES128-GCM-SHA256", "AES128-SHA", "AES256-SHA384 MtE", "1.3"])
def test_losses(connections: tuple[dict[str, tuple[Flights, list[bytes]]], bytes], name: str) -> None:
    """Whichever packets behind the handshake are lost: what is told is true, and nearly all behind them is told."""
    made, keys = connections
    sent, said = made[name]
    packets = segments(sent, 40000)
    full = [at for at, frame in enumerate(packets) if len(frame) > 1400 and frame[26:30] == packets[1][26:30]]
    chance = random.Random(name)
    for first in full[1:-1]:
        lost = {first, *chance.sample(full[1:-1], chance.randint(0, 2))}
        plain, lines = decrypted([frame for at, frame in enumerate(packets) if at not in lost], keys)
        assert plain[CLIENT] == said[CLIENT]
        assert plain[SERVER].endswith(b"end")
        assert len(said[SERVER]) - len(plain[SERVER]) <= 2 * 16384
        assert any("it is decrypted again" in line for line in lines), lines
        assert plain[SERVER].removesuffix(b"end") in (bytes(range(256)) * 90)


def test_losses_that_matter(connections: tuple[dict[str, tuple[Flights, list[bytes]]], bytes]) -> None:
    made, keys = connections
    for name, reason in (("TLSv1 False", "needs each record"), ("1.3", "packets of its handshake")):
        packets = segments(made[name][0], 40000)
        from_server = [at for at, frame in enumerate(packets) if frame[26:30] == packets[1][26:30] and len(frame) > 200]
        lost = from_server[0] if name == "1.3" else from_server[-3]
        plain, lines = decrypted(packets[:lost] + packets[lost + 1:], keys)
        assert any(reason in line for line in lines), (name, lines)
        assert made[name][1][SERVER].startswith(plain[SERVER])


def test_what_all_connections_hold_is_bounded(
        connections: tuple[dict[str, tuple[Flights, list[bytes]]], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of connections without keys the oldest is given up, and it is told which."""
    monkeypatch.setattr("ptcpdump.tls.conversations._MOST_HELD", 60_000)
    conversations, lines = Conversations(KeyStore()), []
    for port in range(40000, 40005):
        for frame in segments(connections[0]["1.3"][0], port):
            lines += conversations.packet(Fields(frame), 1).lines
            assert conversations._held <= 60_000
    assert [line.partition(": ")[0] for line in lines] == [
        f"192.0.2.1.{port} > 192.0.2.2.443" for port in range(40000, 40003)]
    assert all("too many packets of connections wait for their keys" in line for line in lines)
    conversations.close()
    assert (conversations._held, conversations.without_keys) == (0, 2)
