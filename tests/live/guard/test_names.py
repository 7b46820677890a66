"""Names that others have chosen: of interfaces, of programs, of threads."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from tests.live.harness import COMMAND, LIMIT, capturing, needs_privileges, run

pytestmark = needs_privileges

DANGER = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]")
NAMES = ("a\x1b[2Jb", "a\u202eb\u200b", "\udc9b2J")     # the last is no UTF-8, but a control of 8 bits
SEND = 'exec 3<>/dev/udp/127.0.0.1/9; echo x >&3; echo $$'


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """A network namespace whose devices somebody has given such names."""
    name = f"ptn{os.getpid()}"
    run("ip", "netns", "add", name)
    try:
        for number, device in enumerate(NAMES):
            run("ip", "-n", name, "link", "add", f"x{number}", "type", "veth", "peer", "name", f"y{number}")
            # iproute2 sends the name as it is
            subprocess.run(["ip", "-n", name, "link", "set", f"x{number}", "name", os.fsencode(device)], check=True)
            subprocess.run(["ip", "-n", name, "link", "set", os.fsencode(device), "up"], check=True)
        yield name
    finally:
        run("ip", "netns", "delete", name)


@pytest.mark.parametrize("words", [
    ["-D"], ["-D", "-v"], ["-L", "-i", "any"], ["-J", "-i", "any"], ["-i", "nosuch"], ["-i", "any", "nonsense("]],
    ids=" ".join)
def test_names_of_interfaces(namespace: str, words: list[str]) -> None:
    done = run(*COMMAND, "--netns", namespace, *words, check=False)
    text = done.stdout + done.stderr
    assert not DANGER.search(text)
    if "nonsense(" not in words:
        assert r"\x1b[2J" in text


def test_listening_on(namespace: str, tmp_path: Path) -> None:
    with capturing(tmp_path, "--netns", namespace, "-i", os.fsdecode(os.fsencode(NAMES[0]))) as seen:
        pass
    assert r"listening on a\x1b[2Jb" in seen.stderr
    assert not DANGER.search(seen.stderr)


def test_name_of_a_program(tmp_path: Path) -> None:
    """It can't imitate the fields of a line, nor the end of a name."""
    program = tmp_path / "sshd.1 In IP 1.2.3.4.22 > 5.6.7.8.9: Flags [S], Pod [x]"
    shutil.copy("/bin/bash", program)
    with capturing(tmp_path, "-i", "lo", "-n", "udp port 9") as seen:
        done = subprocess.run([program, "-c", SEND], check=True, capture_output=True, text=True, timeout=LIMIT)
    lines = [line for line in seen.stdout.splitlines() if "sshd" in line]
    assert lines
    for line in lines:
        _, device, process, direction, rest = line.split(" ", 4)
        assert device == "lo"
        assert direction in ("In", "Out")
        assert process.endswith(f".{done.stdout.strip()}")
        assert process.startswith(r"sshd.1\x20In\x20IP")
        assert rest.startswith("IP 127.0.0.1.")
        assert ", Pod [" not in rest


def test_the_name_is_kept_in_files(tmp_path: Path) -> None:
    program = tmp_path / "a b [c]\u200b"
    shutil.copy("/bin/bash", program)
    with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x", "udp port 9"):
        subprocess.run([program, "-c", SEND], check=True, capture_output=True, timeout=LIMIT)
    assert {packet.process.command for packet in ptcpdump.open(tmp_path / "x") if packet.process} == {str(program)}
