"""Files over HTTPS: only what has the checksum that was told, bounded in time and size, from nowhere but HTTPS."""

import hashlib
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcpdump.errors import PtcpdumpError
from ptcpdump.net import download
from tests.support.httpsserver import serving

FILE = bytes(range(256)) * 1000
SUM = hashlib.sha256(FILE).hexdigest()
TRUSTED = ("SSL_CERT_FILE", "CURL_CA_BUNDLE")     # where Python and curl look whom to trust
over = threading.Event()


def redirect(to: str) -> object:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.end_headers()
    return answer


def short(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(FILE) + 1))
    handler.end_headers()
    handler.wfile.write(FILE)


def slow(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Head and a first piece, then nothing."""
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b"x")
    handler.wfile.flush()
    over.wait(60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("https")
    answers = {"/file": FILE, "/moved": redirect("/file"), "/plain": redirect("http://127.0.0.1:9/file"),
               "/local": redirect("file:///etc/hostname"), "/around": redirect("/around"), "/short": short,
               "/slow": slow}
    with pytest.MonkeyPatch.context() as patch, serving(folder, answers) as address:
        for variable in TRUSTED:
            patch.setenv(variable, str(folder / "certificate.pem"))
        patch.setenv("no_proxy", "127.0.0.1")
        yield address
        over.set()


@pytest.fixture(params=["python", "curl"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, and as where Python has no TLS, which is the bundle's."""
    if request.param == "curl":
        find = download.importlib.util.find_spec
        monkeypatch.setattr(download.importlib.util, "find_spec", lambda name: name != "_ssl" and find(name))


def refused(url: str, sha256: str = SUM, **bounds: float) -> str:
    with pytest.raises(PtcpdumpError) as caught:
        download.fetch(url, sha256, **bounds)
    assert str(caught.value).startswith(f"{url}: ")
    return str(caught.value).removeprefix(f"{url}: ")


def test_a_file(server: str) -> None:
    assert download.fetch(f"{server}/file", SUM) == FILE
    assert download.fetch(f"{server}/moved", SUM.upper()) == FILE


def test_another_file(server: str) -> None:
    said = refused(f"{server}/file", "0" * 64)
    assert said == f"what was downloaded has another checksum, sha256={SUM}; nothing is kept of it"


def test_none(server: str) -> None:
    assert "404" in refused(f"{server}/nothing")
    assert "can't be downloaded: " in refused("https://127.0.0.1:9/file")
    assert "can't be downloaded: " in refused("https://[/file")
    assert "can't be downloaded: " in refused(f"{server}/short")


@pytest.mark.parametrize("path", ["plain", "local", "around"])
def test_redirected_elsewhere(server: str, path: str) -> None:
    assert "can't be downloaded: " in refused(f"{server}/{path}")


def test_bounds(server: str) -> None:
    assert "it is larger than 0 MiB" in refused(f"{server}/file", most=len(FILE) - 1)
    assert download.fetch(f"{server}/file", SUM, most=len(FILE)) == FILE
    assert "it has not been downloaded within 0.3 s" in refused(f"{server}/slow", seconds=0.3)


def test_nobody_we_trust(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in TRUSTED:
        monkeypatch.delenv(variable)
    assert "certificate" in refused(f"{server}/file")


def test_without_curl(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if not shutil.which("curl") or download.importlib.util.find_spec("_ssl"):
        return
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "this Python has no TLS, and curl is not installed" in refused(f"{server}/file")
