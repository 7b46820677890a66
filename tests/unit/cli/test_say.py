"""Nothing that the command says can steer a terminal, hide, or look like something else than one line."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from savefiles import UDP, comments, interface, option, packet, section

HOSTILE = "\x1b]0;owned\x07\x9b2J\r\n\u202e\u200b\ufeff\xad\U000e0041"
DANGER = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\ufeff\U000e0000-\U000e0fff]")
BYTES = b"\x1b[31m\xff\x9b"        # names of files need not be UTF-8


def run(*words: object, **more: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "ptcpdump", *(os.fsencode(word) for word in words)]
    return subprocess.run(command, capture_output=True, check=False, **more)


def clean(done: subprocess.CompletedProcess[bytes]) -> bool:
    return not DANGER.search((done.stdout + done.stderr).decode())     # which is UTF-8


@pytest.fixture
def savefile(tmp_path: Path) -> Path:
    """A pcapng whose every text is hostile."""
    path = tmp_path / "x.pcapng"
    words = HOSTILE.encode()
    about = comments(f"PID: 12\nCmd: /x/{HOSTILE}\nArgs: {HOSTILE}", f"ContainerName: {HOSTILE}\nContainerId: x")
    named = b"".join(option(code, b"\0" * (code == 11) + words) for code in (2, 3, 11, 12))
    path.write_bytes(section(options=option(1, words)) + interface(options=named)
                     + interface(linktype=0x0FFF, options=named) + packet(UDP, options=about)
                     + packet(UDP, interface=1, options=about))
    return path


@pytest.mark.parametrize("words", [
    ["-r", BYTES], ["-r", f"/no/{HOSTILE}"], ["-V", f"/no/{HOSTILE}"], ["-F", f"/no/{HOSTILE}"],
    [f"--{HOSTILE}"], ["-T", HOSTILE, "-r", "x"], ["--pid", HOSTILE], ["--uid", HOSTILE], ["-Z", HOSTILE],
    ["-d", HOSTILE], ["-d", "-y", HOSTILE], ["-r", "/dev/null", HOSTILE], ["-r", "/dev/null", "-w", f"/no/{HOSTILE}"],
    ["--log-level", HOSTILE], ["--log-level", "debug", "-r", f"/no/{HOSTILE}"],
])
def test_words_of_the_command_line(words: list[str | bytes]) -> None:
    done = run(*words)
    assert done.returncode in (1, 2)
    assert done.stderr
    assert clean(done)


@pytest.mark.parametrize("flags", [
    [], ["-v"], ["-vv", "--oneline"], ["-w", "/dev/null"], ["-w", "/dev/full"], ["ether host 1:2:3:4:5:6"], ["--count"],
    ["--log-level", "debug", "-w", "/dev/full"],
], ids=" ".join)
def test_texts_of_a_savefile(savefile: Path, flags: list[str]) -> None:
    assert clean(run("-r", savefile, "-n", *flags))


def test_pcap_of_several_link_types(savefile: Path, tmp_path: Path) -> None:
    assert clean(run("-r", savefile, "-w", tmp_path / "x.pcap"))


@pytest.mark.parametrize("name", ["sshd.1 In IP 1.2.3.4.22 > 5.6.7.8.9: Flags [S], length 0", "a], Pod [b", "a\u3000b"])
def test_a_name_does_not_look_like_fields(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.pcapng"
    about = comments(f"PID: 12\nCmd: /bin/{name}\nArgs: x", f"ThreadId: 13\nThreadName: {name}",
                     f"ParentPID: 3\nParentCmd: /bin/{name}\nParentArgs: y", f"ContainerName: {name}\nContainerId: i",
                     f"PodName: {name}\nPodNamespace: {name}")
    path.write_bytes(section() + interface(options=option(2, f"eth0 {name}".encode())) + packet(UDP, options=about))
    (line,) = run("-r", path, "-n", "-t").stdout.decode().splitlines()
    interface_name, process, rest = line.split(" ", 2)
    assert interface_name.startswith(r"eth0\x20")
    assert process.endswith(".12")
    assert rest.startswith("IP 10.0.0.1.1234 > 10.0.0.2.5678: UDP, length 2, Thread [")
    assert [rest.count(mark) for mark in ("[", "]", ", Thread [", ", ParentProc [", ", Container [", ", Pod [")] == [
        4, 4, 1, 1, 1, 1]
    (line,) = run("-r", path, "-n", "-t", "-v", "--oneline").stdout.decode().splitlines()
    assert [line.count(mark) for mark in ("Process (", "ParentProc (", "Container (", "Pod (")] == [1] * 4


def test_arguments_do_not_look_like_fields(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    about = comments("PID: 12\nCmd: /x, args ls), User (uid 0)\nArgs: x), Container (name web), User (uid 0)")
    path.write_bytes(section() + interface() + packet(UDP, options=about))
    (line,) = run("-r", path, "-n", "-t", "-v", "--oneline").stdout.decode().splitlines()
    assert line.count(", args ") == 1
    assert "), Container (" not in line
    assert "), User (" not in line


def test_standard_error_that_is_closed(savefile: Path) -> None:
    done = run("-r", savefile, "-n", "-t", preexec_fn=lambda: os.close(2))
    assert done.returncode == 0
    assert b"reading from" not in done.stdout


def test_standard_error_that_nobody_reads(savefile: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "ptcpdump", "-r", str(savefile), "-n", "-t"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=writer, check=False)
    os.close(writer)
    assert done.returncode == 0
    assert b"IP 10.0.0.1.1234 > 10.0.0.2.5678" in done.stdout


def test_terminal_without_unicode(tmp_path: Path) -> None:
    done = run("-r", tmp_path / "naïve ☃", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1
    assert done.stderr.isascii()
    assert b"\\u2603" in done.stderr
