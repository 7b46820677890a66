"""What the command says to those who know other tools."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from savefiles import UDP, interface, option, packet, section

from ptcpdump.cli import usage, values
from ptcpdump.cli.build import options_from
from ptcpdump.errors import UsageError
from ptcpdump.kernel.traits import BACKENDS
from ptcpdump.run.preparation import missing_privileges


def run(*words: str | Path, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ptcpdump", *map(str, words)], capture_output=True, text=True,
                          check=False, **more)


@pytest.mark.parametrize(("word", "meant"), [("--user", "--uid"), ("--comm", "--pname"), ("--process", "--pid")])
def test_flags_of_other_names(word: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean {meant}"):
        options_from([word, "x"])


@pytest.mark.parametrize(("words", "meant"), [
    (("pid", "4492"), "--pid 4492"), (("tcp and (uid 33)",), "--uid 33"), (("user", "www-data"), "--uid www-data"),
    (("container", "web"), "--container-name web")])
def test_owners_in_an_expression(words: tuple[str, ...], meant: str) -> None:
    done = run("-d", *words)
    assert done.returncode == 1
    assert done.stderr.endswith(f"; owners are chosen by flags: {meant}\n")


def test_other_wrong_expressions() -> None:
    assert "chosen by flags" not in run("-d", "port port").stderr
    assert "chosen by flags" not in run("-d", "--pid", "1", "port port").stderr


@pytest.mark.parametrize("columns", [20, 44, 50, 72, 80, 100, 200])
def test_help_fits_the_terminal(columns: int) -> None:
    lines = usage.help_text(columns).splitlines()
    assert max(map(len, lines)) <= max(44, min(columns, 100))
    words = " ".join(usage.help_text(columns).split())
    assert words == " ".join(usage.help_text(100).split())      # nothing is lost


def test_help_on_a_terminal() -> None:
    """A real one, of 64 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 64, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with subprocess.Popen([sys.executable, "-m", "ptcpdump", "-h"], stdout=theirs, env=environment) as process:
        os.close(theirs)
        text = b""
        try:
            while more := os.read(ours, 65536):
                text += more
        except OSError:
            pass        # the end of a terminal
        process.wait()
    os.close(ours)
    lines = text.decode().splitlines()
    assert 60 < max(map(len, lines)) <= 64


@pytest.mark.parametrize(("text", "names"), [
    ("eth0,eth1", ["eth0", "eth1"]), (r"a\,b,c", ["a,b", "c"]), (" eth0 , eth1 ", ["eth0", "eth1"]), (r"\,", [","])])
def test_names_with_commas(text: str, names: list[str]) -> None:
    assert values.interface_names(text) == names


@pytest.mark.parametrize(("text", "place"), [("lo,", "2 of 2"), (",lo", "1 of 2"), ("lo, ,eth0", "2 of 3")])
def test_empty_names(text: str, place: str) -> None:
    with pytest.raises(UsageError, match=rf"^-i '{text}': name {place} is empty"):
        options_from(["-i", text])


def test_key_log_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/tmp/keys")
    assert options_from(["--", "true"]).write_keylog_file == "/tmp/keys"
    assert options_from(["--", "true"]).keys_by_environment         # the command would write there, too
    assert options_from(["--tls-keys", "go", "--", "true"]).tls_keys == ("go", "environment")
    assert not options_from(["--write-keylog-file", "x", "--", "true"]).keys_by_environment
    assert options_from(["--write-keylog-file", "x", "--", "true"]).write_keylog_file == "x"
    assert options_from(["--tls-keys", "off", "--", "true"]).write_keylog_file == ""
    alone = options_from(["-i", "lo"])
    assert alone.write_keylog_file == ""        # it is meant for the command
    assert [text for text in alone.warnings if "SSLKEYLOGFILE counts beside a command" in text]
    for words in (["-r", "x"], ["--", "true"], ["-i", "lo", "--write-keylog-file", "x"], ["-D"]):
        assert options_from(words).warnings == ()
    monkeypatch.delenv("SSLKEYLOGFILE")
    assert options_from(["--", "true"]).write_keylog_file == ""


def test_kinds_of_tls_keys() -> None:
    def kinds(text: str) -> tuple[str, ...]:
        return options_from(["--write-keylog-file", "x", "--tls-keys", text]).tls_keys

    assert kinds("auto") == ("go", "openssl", "gnutls", "boringssl")
    assert kinds("openssl, go") == ("go", "openssl")
    assert options_from(["--tls-keys", "auto,environment", "--", "true"]).tls_keys == (*kinds("auto"), "environment")
    with pytest.raises(UsageError, match="needs a command behind --"):
        kinds("environment")
    for wrong in ("rustls", "", ",", "auto,go", "off"):
        with pytest.raises(UsageError):
            kinds(wrong)
    assert any("--tls-keys chooses nothing" in text for text in options_from(["--tls-keys", "go"]).warnings)
    with pytest.raises(UsageError, match="exclude each other"):
        options_from(["-r", "x", "--write-keylog-file", "y"])


def test_quiet_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    assert run("-r", path).stderr.startswith("reading from file")
    assert run("-r", path, "--log-level", "error").stderr == ""


@pytest.mark.parametrize(("direction", "expected"), [("in", [1]), ("out", [2, 4]), ("inout", [1, 2, 3, 4])])
def test_direction_of_packets_in_a_file(tmp_path: Path, direction: str, expected: list[int]) -> None:
    """Those whose direction nobody knows are neither, and that is said."""
    path = tmp_path / "x.pcapng"
    flags = (1, 2, 0, 2)
    path.write_bytes(section() + interface() + b"".join(
        packet(UDP, units=1_000_000 * (n + 1), options=option(2, flag.to_bytes(4, "little")))
        for n, flag in enumerate(flags)))
    done = run("-r", path, "-n", "-tt", "-Q", direction)
    assert [int(line.partition(".")[0]) for line in done.stdout.splitlines()] == expected
    assert ("1 packets were left out whose direction" in done.stderr) == (direction != "inout")


def test_capability_of_packet_sockets() -> None:
    assert BACKENDS["socket-filter"].capabilities == ("CAP_NET_RAW",)
    lacking = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"] if os.geteuid() == 0 else []
    code = "from ptcpdump.run.preparation import *; require_privileges(('CAP_NET_RAW',))"
    done = subprocess.run([*lacking, sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "capturing needs " in done.stderr
    assert "CAP_NET_RAW" in done.stderr
    assert missing_privileges() == [] or os.geteuid() != 0
