"""TLS keys of Go programs: what their own key log has, whoever started them and when."""

import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from toolchains import VERSIONS, every_build, program

from ptcpdump.tls import probing
from ptcpdump.tls.kinds import KINDS
from tests.live.harness import COMMAND, LIMIT, capturing, needs_privileges, run
from tests.live.tls.programs import common, is_heard, is_probed, lines, only_child, talking, until, until_known

pytestmark = needs_privileges
VERSION = VERSIONS[0]


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@every_build
def test_as_the_command(tmp_path: Path, version: str, build: str, tls: str) -> None:
    own, ours = tmp_path / "own", tmp_path / "ours"
    done = run(*COMMAND, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", ours, "--",
               program(version, build), own, tls, "5", stdin=subprocess.DEVNULL)
    assert "done" in done.stdout
    assert len(lines(own)) == (5 if tls == "1.2" else 20)
    assert lines(ours) == lines(own)
    assert stat.S_IMODE(ours.stat().st_mode) == 0o600


def test_without_a_key_log_of_its_own(tmp_path: Path) -> None:
    """Most programs have none: the function is called nevertheless."""
    ours = tmp_path / "ours"
    run(*COMMAND, "-i", "lo", "-w", tmp_path / "x.pcapng", "--", program(VERSION, "stripped"), "-", "1.3", "3",
        stdin=subprocess.DEVNULL, env={**os.environ, "SSLKEYLOGFILE": str(ours)})
    assert len(lines(ours)) == 12


def test_running_before_and_started_later(tmp_path: Path) -> None:
    own, ours = tmp_path / "own", tmp_path / "ours"
    other = tmp_path / "another"        # a file that nobody has run so far
    other.write_bytes(program(VERSION, "pie").read_bytes())
    other.chmod(0o755)
    with (talking(program(VERSION, "stripped"), own) as before,
          capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", ours) as capture):
        until(lambda: is_heard(capture, before.process.pid, program(VERSION, "stripped")))  # many programs may run here
        before.talk()
        until(lambda: common(ours, lines(own)) == lines(own))       # while it captures
        until_known(lambda log: talking(other, log), lambda later: is_heard(capture, later.process.pid, other),
                    tmp_path, ours)
    assert common(ours, lines(own)) == lines(own)


def test_only_those_that_are_wanted(tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    path = program(VERSION, "stripped")
    with talking(path, tmp_path / "one") as one, talking(path, tmp_path / "two") as two:
        with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", ours,
                       "--pid", str(one.process.pid)):
            one.talk()
            two.talk()
        assert lines(ours) == lines(tmp_path / "one")


def container(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """A copy of the program, and what runs /talk in another mount namespace, another root, another pid namespace."""
    root = folder / "root"
    (root / "proc").mkdir(parents=True)
    binary = root / "talk"
    binary.write_bytes(program(VERSION, "stripped").read_bytes())
    binary.chmod(0o755)
    return binary, ("unshare", "--mount", "--pid", "--fork", "chroot", str(root))


def test_in_a_container(tmp_path: Path) -> None:
    """Its file is not to be found in our file system."""
    binary, inside = container(tmp_path)
    root = binary.parent
    with talking(Path("/talk"), "/own", prefix=inside) as talk:
        binary.rename(root / "moved")       # not even the name leads there any more
        ours = tmp_path / "ours"
        with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", ours) as capture:
            until(lambda: is_heard(capture, only_child(talk.process.pid), root / "moved"))  # many programs may run here
            talk.talk()
    assert len(lines(root / "own")) == 20
    assert common(ours, lines(root / "own")) == lines(root / "own")


def test_secrets_while_programs_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come at once, for packets wait for them, also as long as there are many files to look into."""
    looked, taken, said = threading.Event(), [], []
    monkeypatch.setattr(probing, "look_at_running", lambda *_: looked.wait(LIMIT))
    monkeypatch.setattr(probing, "_PATIENCE", 0)
    taker = SimpleNamespace(probed=taken.append, expect_derivations=lambda: None)
    path = program(VERSION, "stripped")
    probes = probing.KeyProbes(frozenset(KINDS), lambda _: True, lambda _: True, taker, said.append)
    try:
        probes.start([str(path)])
        with talking(path, tmp_path / "own") as talk:
            talk.talk()
            own = {line.split()[2] for line in lines(tmp_path / "own")}
            until(lambda: own <= {secret.secret.hex() for secret in taken})
    finally:
        looked.set()
        probes.close()
    assert len(own) == 20
    assert said == ["TLS keys: there are many programs to look at; some are probed a little later"]


def test_kill_leaves_no_probe(tmp_path: Path) -> None:
    path = program(VERSION, "plain")
    with talking(path, tmp_path / "own", count=3) as talk:
        with (contextlib.suppress(AssertionError),      # of its status
              capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x.pcapng", "--pid", str(talk.process.pid),
                        "--write-keylog-file", tmp_path / "ours") as capture):
            assert is_probed(talk.process.pid, path)
            capture.stop(signal.SIGKILL)
        assert capture.status == -signal.SIGKILL
        until(lambda: not is_probed(talk.process.pid, path))
        talk.talk()
    assert lines(tmp_path / "ours") == []


@pytest.mark.parametrize(("place", "words"), [
    ("link", "symbolic link"), ("nowhere/keys", "No such file"), ("folder", "Is a directory|no regular file")])
def test_unfit_key_logs(tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "folder").mkdir()
    done = run(*COMMAND, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", tmp_path / place, check=False)
    assert done.returncode == 1
    assert re.search(words, done.stderr), done.stderr
    assert not (tmp_path / "target").exists()


def test_without_the_capability_for_probes(tmp_path: Path) -> None:
    lacking = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]
    done = run(*lacking, *COMMAND, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", tmp_path / "keys",
               check=False)
    assert done.returncode == 1
    assert "probing programs for their TLS keys needs CAP_SYS_ADMIN" in done.stderr


def test_privileges_that_are_given_up(tmp_path: Path) -> None:
    """-Z: the key log is the user's, what was probed before stays so, and programs that start later are probed, too.

    These are started in a container, from a file that nobody has looked into before.
    """
    own = tempfile.mkdtemp()        # pytest's own folders are root's alone
    ours = Path(own) / "ours"
    os.chown(own, 65534, 65534)
    try:
        run(*COMMAND, "-Z", "nobody", "-i", "lo", "-w", f"{own}/x.pcapng", "--write-keylog-file", ours, "--",
            program(VERSION, "stripped"), "-", "1.3", "3", stdin=subprocess.DEVNULL)
        assert len(lines(ours)) == 12
        assert (ours.stat().st_uid, stat.S_IMODE(ours.stat().st_mode)) == (65534, 0o600)
        with capturing(Path(own), "-Z", "nobody", "-i", "lo", "-w", f"{own}/y.pcapng", "--write-keylog-file",
                       ours) as capture:
            copy, inside = container(tmp_path)
            until_known(lambda log: talking(Path("/talk"), f"/{log.name}", prefix=inside),
                        lambda talk: is_heard(capture, only_child(talk.process.pid), copy), copy.parent, ours)
    finally:
        shutil.rmtree(own)
