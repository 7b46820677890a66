"""Whose savefiles are, and who may read them."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from savefiles import UDP, pcap

from ptcpdump.accounts import Account, account, files_as, sudo_caller
from ptcpdump.sinks import creation
from ptcpdump.sinks.creation import ForCaller, ForUser
from ptcpdump.sinks.shared_folders import open_file

HIM = Account("him", 61235, 61236, (61236, 61237))
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
OPENERS = {"sudo": lambda: ForCaller(HIM, print), "-Z": lambda: ForUser(HIM)}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter and root may write to, with one that is his."""
    path = Path(tempfile.mkdtemp(prefix="ptcpdump-creation-"))
    path.chmod(0o755)
    (path / "his").mkdir()
    if os.geteuid() == 0:
        os.chown(path / "his", HIM.uid, HIM.gid)
    yield path
    shutil.rmtree(path)


def about(path: Path) -> tuple[int, int, int]:
    status = path.stat(follow_symlinks=False)
    return stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid


def test_others_may_not_read(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        os.close(open_file(str(tmp_path / "x")))
    finally:
        os.umask(before)
    assert about(tmp_path / "x") == (0o600, os.geteuid(), os.getegid())


def test_a_file_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old")
    (tmp_path / "x").chmod(0o640)
    os.close(open_file(str(tmp_path / "x")))
    assert about(tmp_path / "x")[0] == 0o640
    assert (tmp_path / "x").read_text() == ""


@needs_root
@pytest.mark.parametrize("who", OPENERS)
@pytest.mark.parametrize("place", [".", "his"])
def test_new_files_are_his(folder: Path, who: str, place: str) -> None:
    """Also where only root may create one."""
    path = folder / place / "x"
    os.close(OPENERS[who]()(str(path)))
    assert about(path) == (0o600, HIM.uid, HIM.gid)


@needs_root
@pytest.mark.parametrize("who", OPENERS)
def test_relative_names(folder: Path, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    os.close(OPENERS[who]()("x"))
    assert about(folder / "x") == (0o600, HIM.uid, HIM.gid)


@needs_root
@pytest.mark.parametrize("who", OPENERS)
@pytest.mark.parametrize("place", ["x/", "his/x/", "x/.", "his/"])
def test_what_names_a_folder_makes_no_file(folder: Path, who: str, place: str) -> None:
    with pytest.raises(OSError):
        OPENERS[who]()(f"{folder}/{place}")
    assert [path.name for path in folder.rglob("*")] == ["his"]


@needs_root
@pytest.mark.parametrize("target", ["secret", "new"])
@pytest.mark.parametrize("who", OPENERS)
def test_a_link_to_a_file(folder: Path, who: str, target: str) -> None:
    """Root does not give away what it leads to, and with -Z does not even write there."""
    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o600)
    (folder / "his/x").symlink_to(folder / target)
    try:
        os.close(OPENERS[who]()(str(folder / "his/x")))
    except PermissionError:
        assert who == "-Z"
        assert (folder / "secret").read_text() == "secret"
        assert not (folder / "new").exists()
    else:
        assert who == "sudo"
        assert about(folder / target) == (0o600, 0, 0)


@needs_root
@pytest.mark.parametrize("who", OPENERS)
def test_a_link_to_a_folder(folder: Path, who: str) -> None:
    (folder / "roots").mkdir()
    (folder / "his/link").symlink_to(folder / "roots")
    texts: list[str] = []
    opener = ForCaller(HIM, texts.append) if who == "sudo" else ForUser(HIM)
    try:
        os.close(opener(str(folder / "his/link/x")))
    except PermissionError:
        assert who == "-Z"
        assert not (folder / "roots/x").exists()
    else:
        assert about(folder / "roots/x") == (0o600, 0, 0)
        assert texts == [f"{folder}/his/link/x belongs to root, not to him: a symbolic link leads to it"]


SHARED = [0o1777, 0o1770, 0o777]        # with the sticky bit, of a group, without it


@needs_root
@pytest.mark.parametrize("mode", SHARED, ids=oct)
@pytest.mark.parametrize("kind", ["file", "link", "dangling", "pipe", "folder"])
def test_what_strangers_put_into_a_shared_folder(folder: Path, kind: str, mode: int) -> None:
    """They would read what is written, or choose where. What is ours, the folder's owner's or his is taken."""
    shared, target = folder / "shared", folder / "secret"
    shared.mkdir()
    shared.chmod(mode)
    target.write_text("secret")
    path = shared / "x"
    if kind == "file":
        path.write_text("his")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to({"link": target, "dangling": folder / "new", "folder": folder}[kind])
    os.chown(path, 54321, 54321, follow_symlinks=False)
    wanted = path / "secret" if kind == "folder" else path
    for opener in (open_file, ForCaller(HIM, print)):
        with pytest.raises(PermissionError, match=f"{path} is another user's, in a folder that others may write to"):
            opener(str(wanted))
    assert target.read_text() == "secret"
    assert not (folder / "new").exists()
    if kind in ("file", "link"):
        os.chown(path, HIM.uid, HIM.gid, follow_symlinks=False)
        os.close(ForCaller(HIM, print)(str(path)))
        os.chown(path, 0, 0, follow_symlinks=False)
        os.close(open_file(str(path)))


@needs_root
@pytest.mark.parametrize("mode", SHARED, ids=oct)
def test_other_names_in_a_shared_folder(folder: Path, mode: int) -> None:
    """Where fs.protected_hardlinks is not set, a stranger may give any file of ours a name there."""
    shared, target = folder / "shared", folder / "secret"
    shared.mkdir()
    target.write_text("secret")
    os.link(target, shared / "x")
    for opener in (open_file, ForCaller(HIM, print)):
        shared.chmod(mode)
        with pytest.raises(PermissionError, match="shared/x has other names"):
            opener(str(shared / "x"))
        assert target.read_text() == "secret"
    shared.chmod(0o755)
    os.close(open_file(str(shared / "x")))      # nobody else has put it there
    assert target.read_text() == ""


@needs_root
def test_a_file_that_is_replaced_meanwhile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the sticky bit anybody may do so, between our look at it and its opening."""
    shared, target = folder / "shared", folder / "secret"
    shared.mkdir()
    shared.chmod(0o777)
    target.write_text("secret")
    (shared / "x").write_text("")
    true, replaced = os.open, []

    def late(path: str, *rest: object, **more: object) -> int:
        if not replaced:
            replaced.append((shared / "x").unlink())
            os.link(target, shared / "x")
        return true(path, *rest, **more)

    monkeypatch.setattr(os, "open", late)
    with pytest.raises(PermissionError, match="shared/x was replaced"):
        open_file(str(shared / "x"))
    assert target.read_text() == "secret"


@needs_root
def test_folders_for_who_called_sudo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """He can look into what was made for him below root's folders."""
    monkeypatch.setattr(creation, "opener", ForCaller(HIM, print))
    creation.make_folder(str(folder / "lake/date"))
    assert {about(folder / "lake"), about(folder / "lake/date")} == {(0o700, HIM.uid, HIM.gid)}


@needs_root
def test_files_of_others_are_not_emptied_for_him(folder: Path) -> None:
    for path in (folder / "x", folder / "his/x"):
        path.write_text("root's")
        path.chmod(0o644)
        with pytest.raises(PermissionError):
            ForUser(HIM)(str(path))
        assert path.read_text() == "root's"


@needs_root
def test_his_file_where_he_may_not_enter(folder: Path) -> None:
    """Of an earlier run, say. No other is written to: root's, one that he may only read, one with a link, a pipe."""
    folder.chmod(0o700)
    path = folder / "x"
    path.write_text("his")
    os.chown(path, HIM.uid, HIM.gid)
    os.close(ForUser(HIM)(str(path)))
    assert path.read_text() == ""
    path.write_text("his")
    for name, owner, mode in (("roots", 0, 0o666), ("readable", HIM.uid, 0o400), ("link", HIM.uid, 0),
                              ("pipe", HIM.uid, 0)):
        other = folder / name
        if name == "link":
            other.symlink_to(path)
        elif name == "pipe":
            os.mkfifo(other)
        else:
            other.write_text("his")
            other.chmod(mode)
        os.chown(other, owner, owner, follow_symlinks=False)
        with pytest.raises(PermissionError):
            ForUser(HIM)(str(other))
        assert name == "pipe" or other.read_text() == "his"


@needs_root
def test_his_groups_count(folder: Path) -> None:
    path = folder / "x"
    path.write_text("of a group")
    os.chown(path, 0, HIM.groups[1])
    path.chmod(0o660)
    os.close(ForUser(HIM)(str(path)))
    assert path.read_text() == ""


@needs_root
def test_rights_come_back(folder: Path) -> None:
    groups = os.getgroups()
    with files_as(HIM), pytest.raises(PermissionError):
        (folder / "x").touch()
    (folder / "x").touch()
    assert about(folder / "x")[1] == 0
    assert os.getgroups() == groups


@pytest.mark.parametrize(("environment", "expected"), [
    ({"SUDO_UID": "1000", "SUDO_GID": "1001", "SUDO_USER": "u"}, Account("u", 1000, 1001, (1001,))),
    ({"SUDO_UID": "0", "SUDO_GID": "0"}, None), ({"SUDO_UID": "1000"}, None),
    ({"SUDO_UID": "x", "SUDO_GID": "1"}, None), ({"SUDO_UID": "1_0", "SUDO_GID": "1"}, None),
    ({"SUDO_UID": " 10", "SUDO_GID": "1"}, None), ({"SUDO_UID": "\u0661", "SUDO_GID": "1"}, None),
    ({"SUDO_UID": "1" * 5000, "SUDO_GID": "1"}, None),
    ({"SUDO_UID": "-1", "SUDO_GID": "1"}, None), ({"SUDO_UID": str(2**32 - 1), "SUDO_GID": "1"}, None), ({}, None)])
def test_who_called_sudo(environment: dict[str, str], expected: Account | None) -> None:
    assert sudo_caller(environment) == (expected if os.geteuid() == 0 else None)


def test_account() -> None:
    found = account("root")
    assert (found.name, found.uid, found.gid) == ("root", 0, 0)
    assert 0 in found.groups


@needs_root
def test_the_command_under_sudo(folder: Path) -> None:
    (folder / "in").write_bytes(pcap([(1, UDP)]))
    environment = {**os.environ, "SUDO_UID": str(HIM.uid), "SUDO_GID": str(HIM.gid), "SUDO_USER": "him"}
    command = [sys.executable, "-m", "ptcpdump", "-r", folder / "in"]
    for flags, name in ((["-w", folder / "x.pcapng"], "x.pcapng"), (["-C", "1", "-W", "2", "-w", folder / "y"], "y0")):
        subprocess.run([*command, *flags], check=True, env=environment, capture_output=True)
        assert about(folder / name) == (0o600, HIM.uid, HIM.gid)


@needs_root
def test_further_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for them gets new files of this rotation, and nothing else."""
    opener = ForUser(HIM)
    monkeypatch.setattr(creation, "opener", opener)
    assert creation.further_files(f"{folder}/x-%H.pcapng") is None
    os.close(opener(str(folder / "x-00.pcapng")))       # root's folder
    more = creation.further_files(f"{folder}/x-%H.pcapng")
    os.close(more(str(folder / "x-01.pcapng7")))
    assert about(folder / "x-01.pcapng7") == (0o600, HIM.uid, HIM.gid)
    (folder / "x-02.pcapng").write_text("root's")
    for path in (folder / "y", folder / "x-02.pcapng", folder / "his/x-03.pcapng", Path("/etc/x-03.pcapng"),
                 folder / "x-../../etc/x.pcapng", folder / "x-04.pcapng.conf"):
        with pytest.raises(PermissionError):
            more(str(path))
    assert (folder / "x-02.pcapng").read_text() == "root's"
