"""--download-btf: a file of this kernel is kept where captures look for it, any other leaves nothing."""

import hashlib
import io
import lzma
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ptcpdump.cli import download_btf
from ptcpdump.cli.main import main
from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.loading import kernel_types
from ptcpdump.net import download

pytestmark = pytest.mark.skipif(not Path(kernel_types.OWN).exists(), reason="this kernel has no types of its own")
URL = "https://types.example/kernel"
Said = Callable[[bytes], tuple[int, str]]


@pytest.fixture(scope="module")
def types() -> bytes:
    return kernel_types.minimal(Types())


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """The status and the texts where the answer is these bytes; what is kept goes to tmp_path/btf."""
    monkeypatch.setattr(kernel_types, "PLACE", f"{tmp_path}/btf/{{0}}.btf")

    def run(answer: bytes) -> tuple[int, str]:
        monkeypatch.setattr(download, "fetch", lambda url, sha256: {URL: answer}[url])
        status = main(["--download-btf", f"{URL}#sha256={hashlib.sha256(answer).hexdigest()}"])
        return status, "".join(capsys.readouterr())

    return run


def kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "btf").glob("*")}


def archive(data: bytes) -> bytes:
    """As BTFHub has them."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:xz") as tar:
        folder = tarfile.TarInfo("./")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        row = tarfile.TarInfo("./kernel.btf")
        row.size = len(data)
        tar.addfile(row, io.BytesIO(data))
    return file.getvalue()


def test_kept(types: bytes, say: Said, tmp_path: Path) -> None:
    release = os.uname().release
    for answer in (types, lzma.compress(types), archive(types)):
        status, text = say(answer)
        assert status == 0
        assert text.startswith(f"{tmp_path}/btf/{release}.btf: type information of {release}, {len(types)} bytes\n")
        assert "captures don't need it: they use what the kernel itself has" in text
        assert kept(tmp_path) == {f"{release}.btf": types}
        assert (tmp_path / f"btf/{release}.btf").stat().st_mode & 0o777 == 0o644
    other = types.replace(b"types of Linux ", b"types of Plan9 ")
    status, text = say(other)
    assert status == 1
    assert f"{URL} is of another kernel: it says that it is Plan9 " in text
    assert kept(tmp_path) == {f"{release}.btf": types}


@pytest.mark.parametrize("answer", [b"", b"<html>", archive(b"anything"), tarfile.NUL * 10240])
def test_no_types(say: Said, tmp_path: Path, answer: bytes) -> None:
    assert say(answer) == (1, f"ptcpdump: {URL}: there is no kernel type information in it; nothing is kept of it\n")
    assert kept(tmp_path) == {}


def test_bombs(say: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MOST", 1 << 20)
    status, text = say(lzma.compress(bytes(3 << 20)))
    assert (status, text) == (1, f"ptcpdump: {URL}: it is larger than 1 MiB when it is unpacked\n")
    assert "can't be unpacked: " in say(lzma.compress(b"kernel")[:-20])[1]


def test_nowhere_to_put_it(types: bytes, say: Said, tmp_path: Path) -> None:
    (tmp_path / "btf").write_text("no folder")
    status, text = say(types)
    assert status == 1
    assert f"{tmp_path}/btf/{os.uname().release}.btf: can't write: " in text


@pytest.mark.parametrize("value", [
    "http://a.example/b#sha256=" + "0" * 64, "https://a.example/b", "https://a.example/b#sha256=12", "https://#sha256=",
    "file:///etc/shadow#sha256=" + "0" * 64, "https://a.example/ b#sha256=" + "0" * 64])
def test_what_can_be_asked_for(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--download-btf", value]) == 2
    assert "#sha256=" in capsys.readouterr().err


def test_pieces_of_archives(types: bytes) -> None:
    """Half an archive is an error that names the address."""
    half = archive(types)
    with pytest.raises(PtcpdumpError, match="can't be unpacked"):
        download_btf._types(URL, half[:len(half) // 2])


@pytest.mark.parametrize(("headers", "said"), [
    ({"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 40)}, "no kernel type information in it"),
    ({"GNU.sparse.map": "a,b", "GNU.sparse.size": "9"}, "can't be unpacked: its headers make no sense"),
    ({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}, "can't be unpacked"),
    ({"size": str(1 << 60)}, "no kernel type information in it"),
])
def test_headers_of_archives(say: Said, headers: dict[str, str], said: str) -> None:
    """A member that says that it is a terabyte of holes, or what makes no sense, does not end with a traceback."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        row = tarfile.TarInfo("kernel.btf")
        row.size, row.pax_headers = 512, headers
        tar.addfile(row, io.BytesIO(b"x" * 512))
    status, text = say(file.getvalue())
    assert (status, said in text) == (1, True), text
