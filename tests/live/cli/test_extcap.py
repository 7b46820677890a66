"""Captures as Wireshark starts and ends them: over its FIFO, by SIGTERM or by closing it; tshark drives and reads."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import asyncssh
import pytest

from ..harness import COMMAND, LIMIT, needs_privileges, run, veth_pair

pytestmark = needs_privileges


@pytest.fixture(scope="module")
def link():
    with veth_pair(40) as pair:
        yield pair


@contextlib.contextmanager
def extcap(folder: Path, *words: str, environment: dict[str, str] | None = None):
    """Start a capture as Wireshark does; yields the process and the FIFO, open for reading."""
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen([*COMMAND, "--capture", "--fifo", fifo, *words], stderr=subprocess.PIPE,
                               env=os.environ | (environment or {}))
    with os.fdopen(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as reader:
        try:
            yield process, reader
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


def ping_until(link, process, reader, wanted: int) -> bytes:
    """Send echo requests until so many bytes are told: the hooks are attached some time after the FIFO is opened."""
    told = b""
    while len(told) < wanted:
        assert process.poll() is None, process.stderr.read()
        run("ping", "-c", "1", "-s", "1000", "-W", "1", link.peer4)
        told += reader.read(1 << 20) or b""
    os.set_blocking(reader.fileno(), True)
    return told


def judged(folder: Path, content: bytes) -> list[list[str]]:
    (folder / "told.pcapng").write_bytes(content)
    done = run("tshark", "-r", folder / "told.pcapng", "-Y", "icmp", "-T", "fields", "-e", "icmp.type",
               "-e", "frame.comment", "-e", "frame.interface_name")
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.parametrize("way", ["SIGTERM", "closed FIFO"])
def test_capture_over_a_fifo(tmp_path, link, way):
    with extcap(tmp_path, "--extcap-interface", "ptcpdump", "--interface", link.here, "--pname", "ping",
                "--extcap-capture-filter", "icmp") as (process, reader):  # fmt: skip
        told = ping_until(link, process, reader, 4000)
        if way == "SIGTERM":
            process.send_signal(signal.SIGTERM)
            told += reader.read()
            packets = judged(tmp_path, told)
            assert len(packets) >= 3
            assert all(kind in ("8", "0") and "Cmd: " in comment and "ping" in comment and name == link.here
                       for kind, comment, name in packets)
        else:
            reader.close()      # no packet comes any more: that alone has to end it
        assert process.wait(LIMIT) == 0
        assert process.stderr.read() == b""     # Wireshark shows all of it as an error


def test_tshark_as_the_one_who_drives(tmp_path, link):
    """tshark finds us in its folder, asks, starts, reads, and stops us."""
    told = run("tshark", "-G", "folders").stdout
    folder = next(line.split(":")[1].strip() for line in told.splitlines() if "xtcap path" in line and "/usr" in line)
    shutil.copytree(folder, tmp_path / "extcap")
    run(*COMMAND, "--install-extcap", tmp_path / "extcap")
    (tmp_path / "inside").write_text(
        f"mount --bind {tmp_path}/extcap {folder}\n"
        f"tshark -i ptcpdump -f 'icmp[icmptype] == 8' -c 9 -o 'extcap.ptcpdump.interface: {link.here}' "
        "-T fields -e icmp.type -e frame.comment\n")
    tshark = subprocess.Popen(["unshare", "--mount", "sh", "-e", tmp_path / "inside"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    while tshark.poll() is None:
        run("ping", "-c", "1", "-W", "1", link.peer4)
    out, err = tshark.communicate(timeout=LIMIT)
    assert tshark.returncode == 0, err
    # to tshark 4 the block of a process is a row of its own
    packets = [line for line in out.splitlines() if line.strip()]
    assert len(packets) >= 3 and all(line.startswith("8\tPID: ") for line in packets)
    assert "Error by extcap" not in err


class Server:
    """An ssh server on the loopback device that runs what it is asked to run, for whoever has the key."""

    def __init__(self, folder: Path) -> None:
        host, key = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(folder / "key")
        (folder / "key").chmod(0o600)
        key.write_public_key(folder / "allowed")
        self._host, self._allowed = host, folder / "allowed"
        self.port = 0
        self.asked: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(LIMIT)
        (folder / "known").write_text(f"[127.0.0.1]:{self.port} {host.export_public_key().decode()}")

    async def _serve(self) -> None:
        self._end = asyncio.Event()
        server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[self._host], process_factory=self._run,
                                       authorized_client_keys=str(self._allowed), encoding=None)
        self.port = server.get_port()
        self._ready.set()
        await self._end.wait()
        server.close()

    async def _run(self, process: asyncssh.SSHServerProcess) -> None:
        self.asked.append(process.command)
        child = await asyncio.create_subprocess_shell(process.command, stdout=asyncio.subprocess.PIPE)
        await process.redirect(stdout=child.stdout)
        with contextlib.suppress(asyncssh.Error, OSError):
            await process.wait_closed()     # sshd, too, closes the pipe when nobody is left to read
        child._transport.get_pipe_transport(1).close()
        await child.wait()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(LIMIT)


def test_another_host_by_ssh(tmp_path, link):
    server = Server(tmp_path)
    wrapper = tmp_path / "bin" / "ssh"      # the real one, with the test's known hosts in place of the user's
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F /dev/null -o UserKnownHostsFile={tmp_path}/known "$@"\n')
    wrapper.chmod(0o755)
    try:
        with extcap(tmp_path, "--extcap-interface", "ptcpdump-ssh", "--remote-host", "127.0.0.1", "--remote-port",
                    str(server.port), "--remote-identity", str(tmp_path / "key"), "--remote-command", " ".join(COMMAND),
                    "--interface", link.here, "--pname", "ping", "--extcap-capture-filter", "icmp or icmp6",
                    environment={"PATH": f"{wrapper.parent}:{os.environ['PATH']}"}) as (process, reader):  # fmt: skip
            told = ping_until(link, process, reader, 4000)
            process.send_signal(signal.SIGTERM)
            told += reader.read()
            process.wait(LIMIT)
        assert len(judged(tmp_path, told)) >= 3
        assert "-w - -U" in server.asked[0] and server.asked[0].endswith("'icmp or icmp6'")
    finally:
        server.close()
