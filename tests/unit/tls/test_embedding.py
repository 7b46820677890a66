"""Secrets before the packets that need them, in QUIC: tshark reads the connection by nothing but the file."""

import subprocess
from pathlib import Path

import pytest
from quictalk import CLIENT, SERVER, Talk, make_quic_certificate
from savefiles import pump
from tlssavefiles import savefile

from ptcpdump.sinks.writer import open_writer
from ptcpdump.tls import embedding
from ptcpdump.tls.keylog import parse


def kinds(path: Path) -> list[int]:
    """The types of a file's blocks."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        kind, size = (int.from_bytes(data[at + 4 * n:at + 4 * n + 4], "little") for n in (0, 1))
        found.append(kind)
        at += size
    return found


@pytest.mark.parametrize("patience", [60, 0])
def test_packets_of_quic_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: int) -> None:
    """Those behind the server's first one, for its secrets; where these don't come in time, they go on."""
    monkeypatch.setattr(embedding, "PATIENCE", patience)
    talk = Talk(make_quic_certificate(tmp_path), alpn="hq")
    talk.say(CLIENT, b"a question")
    talk.say(SERVER, b"an answer")
    source, target = savefile(tmp_path / "in.pcapng", talk.frames()), tmp_path / "out.pcapng"
    sink = embedding.EmbeddingSink(open_writer(str(target)))
    pump(source, sink)
    for secret in parse(talk.keys.getvalue().encode()):
        sink.add(*secret)
    sink.close()
    first = [kind for kind in kinds(target) if kind in (6, 10)]
    packets = len(talk.datagrams)
    before = next(at for at, (direction, _, _) in enumerate(talk.datagrams) if direction == SERVER)
    if patience:
        assert first.index(10) == before
        judge = subprocess.run(["tshark", "-n", "-r", target, "-T", "fields", "-e", "quic.stream_data"],
                               capture_output=True, text=True, check=True)
        assert bytes.fromhex("".join(judge.stdout.split())) == b"a questionan answer"
    else:
        assert first.count(6) == packets
        assert first[-1] == 10
