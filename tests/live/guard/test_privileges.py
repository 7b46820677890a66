"""-Z: what a capture may still do once all is opened."""

import os
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from savefiles import UDP, pcap

import ptcpdump
from tests.live.harness import COMMAND, LIMIT, actor, capturing, needs_privileges, run, veth_pair

pytestmark = [needs_privileges, pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")]

NOBODY = pwd.getpwnam("nobody")
BACKENDS = ("tc", "cgroup-skb", "tp-btf", "socket-filter")
ROUNDS = 200        # attempts that news may take
SEND = "exec 3<>/dev/udp/127.0.0.1/{}; echo x >&3"
# writes to the file LOG what is imported by whom, after the interpreter has started
WATCH = """
import os, sys
def imported(event, args, log=os.open(os.environ["LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)):
    if event == "import":
        os.write(log, f"{os.geteuid()} {args[0]}\\n".encode())
sys.addaudithook(imported)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter, with one that nobody (the user) may write to."""
    path = Path(tempfile.mkdtemp(prefix="ptcpdump-z-"))
    path.chmod(0o755)
    (path / "his").mkdir()
    os.chown(path / "his", NOBODY.pw_uid, NOBODY.pw_gid)
    yield path
    shutil.rmtree(path)


def status(pid: int) -> list[dict[str, list[str]]]:
    """What /proc tells of each thread of a process."""
    threads = Path(f"/proc/{pid}/task").glob("*/status")
    return [{line.partition(":")[0]: line.split()[1:] for line in thread.read_text().splitlines()}
            for thread in threads]


def assert_powerless(pid: int) -> None:
    for thread in status(pid):
        assert set(thread["Uid"]) == {str(NOBODY.pw_uid)}
        assert set(thread["Gid"]) == {str(NOBODY.pw_gid)}
        assert set(thread["Groups"]) <= {str(NOBODY.pw_gid)}
        assert {int(thread[name][0], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert thread["NoNewPrivs"] == ["1"]


def children(pid: int) -> list[int]:
    lists = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return [int(child) for text in lists for child in text.split()]


def owner(path: Path) -> tuple[int, int, int]:
    about = path.stat()
    return about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)


HIS = (NOBODY.pw_uid, NOBODY.pw_gid, 0o600)


@pytest.mark.parametrize("flags", [["-w", "x"], ["-l"]], ids=["file", "text"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_kept(folder: Path, tmp_path: Path, backend: str, flags: list[str]) -> None:
    """The file is created where only root may create one; packets of root's processes have their names."""
    flags = [str(folder / "x") if flag == "x" else flag for flag in flags]
    with actor("udp_sender", "127.0.0.1", 1021) as before:
        before.receive()
        with capturing(tmp_path, "-Z", "nobody", "-i", "lo", "-n", "--backend", backend, *flags,
                       "udp port 1021") as seen:
            assert_powerless(seen.process.pid)
            assert children(seen.process.pid) == []
            before.tell()
            before.receive()
            subprocess.run(["/bin/bash", "-c", SEND.format(1021)], check=True, timeout=LIMIT)
    if "-w" in flags:
        assert owner(folder / "x") == HIS
        packets = [packet for packet in ptcpdump.open(folder / "x") if packet.process]
        assert {packet.process.pid for packet in packets} >= {before.pid}
        assert os.path.realpath("/bin/bash") in {packet.process.command for packet in packets}
        assert {packet.parent.pid for packet in packets} == {os.getpid()}
    else:
        assert f".{before.pid} " in seen.stdout
        assert " bash." in seen.stdout


def test_addresses_that_come_later_are_known(tmp_path: Path) -> None:
    """Packets to a new address of this host are of a server that is bound to none, once the news have been read."""
    later = "192.0.2.37"
    with veth_pair(37) as link, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("0.0.0.0", 0))
        port = server.getsockname()[1]
        with capturing(tmp_path, "-Z", "nobody", "-i", link.here, "-n", "-l", "-Q", "in", f"udp port {port}") as seen:
            assert_powerless(seen.process.pid)
            run(*link.inside("ip", "route", "add", later, "via", link.ip4))
            run("ip", "address", "add", f"{later}/32", "dev", link.here)
            for _ in range(ROUNDS):
                run(*link.inside("bash", "-c", f"echo x >/dev/udp/{later}/{port}"))
                line = seen.process.stdout.readline()
                if f".{os.getpid()} " in line:
                    break
            assert f".{os.getpid()} " in line, line


def test_key_log(folder: Path, tmp_path: Path) -> None:
    """Created where only root may create one; what is there already has to be open to the user."""
    command = ["-Z", "nobody", "-i", "lo", "--write-keylog-file"]
    with capturing(tmp_path, *command, str(folder / "keys"), "udp port 1021"):
        assert owner(folder / "keys") == HIS
    folder.chmod(0o700)     # he may not even enter: what is his is taken nevertheless
    run(*COMMAND, *command, folder / "keys", "--", "true")
    folder.chmod(0o755)
    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o600)
    (folder / "link").symlink_to(folder / "elsewhere")
    for name in ("secret", "link"):
        refused = subprocess.run([*COMMAND, *command, folder / name], capture_output=True, text=True, timeout=LIMIT)
        assert refused.returncode == 1
        assert f"key log {folder / name}: can't open: " in refused.stderr
    assert (folder / "secret").read_text() == "secret"
    assert owner(folder / "secret") == (0, 0, 0o600)
    assert not (folder / "elsewhere").exists()


def test_rotation_and_its_command(folder: Path, tmp_path: Path) -> None:
    script = folder / "finished"
    script.write_text('#!/bin/sh\n{ id -u; id -G; grep -h CapEff /proc/self/status; } > "$1.who"\n')
    script.chmod(0o755)
    with capturing(tmp_path, "-Z", "nobody", "-i", "lo", "-C", "1k", "-z", script, "-w", folder / "his/x",
                   "udp port 1021"):
        for _ in range(40):
            subprocess.run(["/bin/bash", "-c", SEND.format(1021)], check=True, timeout=LIMIT)
    files = [path for path in (folder / "his").iterdir() if path.suffix != ".who"]
    assert len(files) > 3
    assert {owner(path) for path in files} == {HIS}
    said = {path.read_text() for path in (folder / "his").glob("*.who")}
    assert said == {f"{NOBODY.pw_uid}\n{NOBODY.pw_gid}\nCapEff:\t0000000000000000\n"}


def test_a_command_under_capture(folder: Path) -> None:
    done = run(*COMMAND, "-Z", "nobody", "-i", "lo", "-w", folder / "x", "--", "sh", "-c", "id -u; id -G")
    assert done.stdout.split() == [str(NOBODY.pw_uid), str(NOBODY.pw_gid)]
    assert owner(folder / "x") == HIS


def test_who_is_in_the_group_root(folder: Path) -> None:
    """A user all the same, as `operator` is in some distributions."""
    names = folder / "passwd"
    names.write_text(Path("/etc/passwd").read_text() + "operated:x:61307:0::/:/bin/false\n")
    inside = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
              f'mount --bind {names} /etc/passwd && exec "$@"', "sh"]
    done = run(*inside, *COMMAND, "-Z", "operated", "-i", "lo", "-w", folder / "x", "--", "sh", "-c", "id -u; id -G")
    assert done.stdout.split() == ["61307", "0"]
    assert owner(folder / "x") == (61307, 0, 0o600)


def test_links_of_the_user_lead_nowhere(folder: Path) -> None:
    """Root doesn't write through what the user has put there."""
    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o600)
    (folder / "his/x").symlink_to(folder / "secret")
    done = run(*COMMAND, "-Z", "nobody", "-i", "lo", "-c", "1", "-w", folder / "his/x", check=False)
    assert done.returncode == 1
    assert "can't create: Permission denied" in done.stderr
    assert (folder / "secret").read_text() == "secret"


def test_links_of_others_lead_no_ready_file(folder: Path) -> None:
    folder.chmod(0o1777)
    (folder / "ready").symlink_to(folder / "elsewhere")
    os.chown(folder / "ready", NOBODY.pw_uid, NOBODY.pw_gid, follow_symlinks=False)
    refused = run(*COMMAND, "-i", "lo", "--ready-file", folder / "ready", "-w", os.devnull, check=False)
    assert refused.returncode == 1 and f"{folder}/ready is another user's" in refused.stderr
    assert not (folder / "elsewhere").exists()


def test_reading(folder: Path) -> None:
    fifo = folder / "in"
    os.mkfifo(fifo)
    with subprocess.Popen([*COMMAND, "-Z", "nobody", "-r", fifo, "-w", folder / "x", "--print", "-l", "-n"],
                          stdout=subprocess.PIPE, text=True) as process:
        whole = pcap([(1, UDP), (2, UDP)])
        with fifo.open("wb") as writer:
            writer.write(whole[:-4])
            writer.flush()
            assert "10.0.0.1.1234" in process.stdout.readline()
            assert_powerless(process.pid)
            writer.write(whole[-4:])
        process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    assert owner(folder / "x") == HIS


@pytest.mark.parametrize("flags", [["-w", "x", "-C", "1k"], ["-v", "--print", "-w", "x"], ["-vv", "-X", "-e"]],
                         ids=" ".join)
def test_all_modules_are_there_before(folder: Path, tmp_path: Path, flags: list[str]) -> None:
    """The user may not be able to read the folder that we are installed in."""
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    log = folder / "imports"
    flags = [str(folder / "his/x") if flag == "x" else flag for flag in flags]
    prefix = ["env", f"PYTHONPATH={tmp_path}", f"LOG={log}"]
    with capturing(tmp_path, "-Z", "nobody", "-i", "lo", *flags, prefix=prefix):
        for port in (53, 67, 123, 443, 1021, 5353):
            for _ in range(4):
                subprocess.run(["/bin/bash", "-c", SEND.format(port)], check=True, timeout=LIMIT)
        run("ping", "-c", "1", "127.0.0.1")
        subprocess.run([sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 1))"],
                       check=False, capture_output=True)
    lines = log.read_text().splitlines()
    assert any(line.startswith("0 ptcpdump.") for line in lines)
    assert [line for line in lines if not line.startswith("0 ")] == []


def test_who_may_become_whom(folder: Path) -> None:
    (folder / "in").write_bytes(pcap([(1, UDP)]))
    assert "there is no user of that name" in run(*COMMAND, "-Z", "nosuchuser", "-i", "lo", check=False).stderr
    done = run("setpriv", "--reuid=1", "--regid=1", "--clear-groups", *COMMAND, "-Z", "nobody", "-r", folder / "in",
               check=False)
    assert done.returncode == 1
    assert "-Z nobody: only root can become another user" in done.stderr
    assert done.stdout == ""


def test_root_of_a_user_namespace() -> None:
    """Has all capabilities, but none that counts here."""
    done = run("unshare", "--user", "--map-root-user", *COMMAND, "-i", "lo", "-c", "1", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("ptcpdump: capturing needs privileges of the host: in a user namespace")
