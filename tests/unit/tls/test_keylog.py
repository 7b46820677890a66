"""Key logs: what a line is, and which files are fit to hold keys."""

import os
import stat
from pathlib import Path

import pytest

from ptcpdump.tls.keylog import KeyLogError, KeyLogFile, Once, is_label, line, parse

RANDOM, SECRET = bytes(range(32)), bytes(range(48))


def test_lines() -> None:
    text = line("CLIENT_RANDOM", RANDOM, SECRET)
    assert text == b"CLIENT_RANDOM " + RANDOM.hex().encode() + b" " + SECRET.hex().encode() + b"\n"
    noise = b"# comment\nCLIENT_RANDOM 00 11\nRSA abcd\n\xff\xfe\n" + text.rstrip() + b" x\n"
    assert list(parse(noise + text.rstrip() + b"\r\n" + text)) == [("CLIENT_RANDOM", RANDOM, SECRET)] * 2


@pytest.mark.parametrize("text", ["", "A B", "CLIENT\nRANDOM", "client_random", "A" * 41, "CLIENT_RANDOM\0", "ÄÖÜA"])
def test_labels_that_would_forge_lines(text: str) -> None:
    assert not is_label(text)


def test_once() -> None:
    once = Once(most=2)
    assert [once("A", RANDOM, bytes([n])) for n in (1, 1, 2, 1, 3, 1)] == [True, False, True, False, True, True]


def test_new_file_is_private(tmp_path: Path) -> None:
    file = KeyLogFile(str(tmp_path / "keys"))
    file.write("CLIENT_RANDOM", RANDOM, SECRET)
    assert (tmp_path / "keys").read_bytes() == line("CLIENT_RANDOM", RANDOM, SECRET)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    file.close()
    file.close()


def test_lines_are_added_and_rights_of_others_taken(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"# mine\n")
    path.chmod(0o644)
    file = KeyLogFile(str(path))
    file.write("CLIENT_RANDOM", RANDOM, SECRET)
    file.close()
    assert path.read_bytes().startswith(b"# mine\nCLIENT_RANDOM ")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_names_a_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyLogError, match="Is a directory"):
        KeyLogFile(f"{tmp_path}/keys/")
    assert list(tmp_path.iterdir()) == []


def test_no_symbolic_link_leads_to_keys(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyLogError, match="symbolic link"):
        KeyLogFile(str(tmp_path / "link"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "way").symlink_to(tmp_path / "folder")
    with pytest.raises(KeyLogError, match="symbolic link"):
        KeyLogFile(str(tmp_path / "way/keys"))
    assert not (tmp_path / "elsewhere").exists()


def test_unfit_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(KeyLogError, match="no regular file"):
        KeyLogFile(str(tmp_path / "fifo"))
    os.close(reader)
    (tmp_path / "one").touch()
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    with pytest.raises(KeyLogError, match="hard links"):
        KeyLogFile(str(tmp_path / "one"))
    with pytest.raises(KeyLogError, match="No such file"):
        KeyLogFile(str(tmp_path / "nowhere/keys"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's file")
def test_another_users_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.touch()
    os.chown(path, 65534, 65534)
    with pytest.raises(KeyLogError, match="another user"):
        KeyLogFile(str(path))
