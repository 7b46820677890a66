"""Keys in the savefile itself: tshark reads what was sent by nothing but the file."""

import subprocess
from pathlib import Path

import pytest
from toolchains import VERSIONS, program

from tests.live.harness import COMMAND, capturing, needs_privileges, run
from tests.live.tls.programs import talking
from tests.live.tls.test_libraries import peer

pytestmark = needs_privileges


def plaintext(path: Path) -> str:
    """All that tshark can read of the connections in a file, without any key log, each TLS segment's data as text."""
    done = run("tshark", "-n", "-r", path, "-o", "tls.keylog_file:", "-T", "fields", "-e", "tls.segment.data", "-e",
               "data.data", "-e", "http.request.uri", "-e", "http.response.code")
    parts = [part for line in done.stdout.splitlines() for field in line.split("\t") for part in field.split(",")]
    return "\n".join(_text(part) for part in parts)


def _text(part: str) -> str:
    try:
        return bytes.fromhex(part).decode(errors="replace") if len(part) > 3 else part
    except ValueError:
        return part


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_tshark_needs_nothing_else(tmp_path: Path, tls: str) -> None:
    file = tmp_path / "x.pcapng"
    run(*COMMAND, "-i", "lo", "-w", file, "--embed-keylog-to-pcapng", "--",
        program(VERSIONS[0], "stripped"), "-", tls, "10", stdin=subprocess.DEVNULL)
    text = plaintext(file)
    for number in range(10):
        assert f"request {number}\n" in text
        assert f"echo request {number}\n" in text


def test_http(tmp_path: Path) -> None:
    """Of another library, and with a key log beside the file."""
    file = tmp_path / "x.pcapng"
    with peer(tmp_path / "peer", "1.3") as (port, _):
        run(*COMMAND, "-i", "lo", "-w", file, "--embed-keylog-to-pcapng", "--write-keylog-file", tmp_path / "keys",
            "--", "curl", "-sk", f"https://127.0.0.1:{port}/some/path")
    fields = run("tshark", "-n", "-r", file, "-d", f"tls.port=={port},http", "-T", "fields", "-e", "http.request.uri",
                 "-e", "http.response.code").stdout.split()
    assert {"/some/path", "200"} <= set(fields)
    assert len((tmp_path / "keys").read_text().splitlines()) == 5


def test_without_keys(tmp_path: Path) -> None:
    """Packets whose secrets never come are all there, in the order of their connection."""
    file = tmp_path / "x.pcapng"
    with peer(tmp_path / "peer", "1.3") as (port, _):
        done = run(*COMMAND, "-i", "lo", "-w", file, "--embed-keylog-to-pcapng", "--tls-keys", "gnutls",
                   "--", "curl", "-sk", f"https://127.0.0.1:{port}/")
    times = run("tshark", "-n", "-r", file, "-T", "fields", "-e", "frame.time_epoch").stdout.split()
    assert f"{len(times)} packets captured" in done.stderr
    assert len(times) > 10
    assert sorted(times) == times


def test_after_rotation(tmp_path: Path) -> None:
    """Each file has the keys that its connections need: what is whole in one of them is read from it alone."""
    file = tmp_path / "x.pcapng"
    with (talking(program(VERSIONS[0], "stripped"), "-", count=8) as talk,
          capturing(tmp_path, "-i", "lo", "-w", file, "-C", "24k", "--embed-keylog-to-pcapng", "--pid",
                    str(talk.process.pid))):
        talk.talk()
    files = sorted(tmp_path.glob("x.pcapng*"))
    assert len(files) > 2
    assert all(each.read_bytes().count(b"SERVER_TRAFFIC_SECRET_0") for each in files)
    text = "".join(plaintext(each) for each in files)
    whole = sum(f"request {number}\n" in text for number in range(8))
    assert whole > 8 - len(files)      # a connection that is cut in two can't be read from one of the files


def test_order_of_blocks(tmp_path: Path) -> None:
    """Every connection's secrets stand before its Server Hello."""
    file = tmp_path / "x.pcapng"
    run(*COMMAND, "-i", "lo", "-w", file, "--embed-keylog-to-pcapng", "--",
        program(VERSIONS[0], "stripped"), "-", "1.3", "20", stdin=subprocess.DEVNULL)
    data, at, known, hellos = file.read_bytes(), 0, b"", 0
    while at < len(data):
        kind, size = (int.from_bytes(data[at + 4 * n:at + 4 * n + 4], "little") for n in (0, 1))
        body = data[at + 8:at + size - 4]
        if kind == 10:
            known += body
        elif kind == 6 and b"\x16\x03\x03" in body:
            start = body.index(b"\x16\x03\x03")
            if body[start + 5] == 2:
                hellos += 1
                assert known.count(b"SERVER_HANDSHAKE_TRAFFIC_SECRET") * 2 >= hellos    # lo shows a packet twice
        at += size
    assert hellos >= 20


@pytest.mark.parametrize("words", [["-w", "x.pcap"], []])
def test_needs_pcapng(tmp_path: Path, words: list[str]) -> None:
    done = run(*COMMAND, "-i", "lo", *words, "--embed-keylog-to-pcapng", check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "needs -w FILE in the format pcapng" in done.stderr
