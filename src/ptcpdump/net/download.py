"""One file over HTTPS, of which the SHA-256 is known: bounded in time and size, and from nowhere else."""

import hashlib
import importlib.util
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ptcpdump.errors import PtcpdumpError
from ptcpdump.lazy import lazy_modules

with lazy_modules:      # slow to import, and of no use where there is no TLS
    from http import client
    from urllib import error as errors
    from urllib import request

MOST = 64 << 20         # bytes: the types of a kernel are some 10 MB
SECONDS = 60.0
_PIECE = 1 << 16
_CURL = ("curl", "--silent", "--show-error", "--fail", "--location", "--max-redirs", "5", "--proto", "=https",
         "--proto-redir", "=https", "--globoff")


class _Late(Exception):  # noqa: N818 -- not TimeoutError, which urllib would take for one of the connection's
    """Time is up."""


def fetch(url: str, sha256: str, seconds: float = SECONDS, most: int = MOST) -> bytes:
    """What an https:// URL answers; redirections are followed by HTTPS alone. For the main thread (SIGALRM).

    sha256: in hexadecimal, of the answer's bytes. Raises PtcpdumpError, naming the URL, if the answer is another one,
    is longer than `most` bytes, does not come in time, or if there is none. Proxies are those of the environment
    (https_proxy). A Python without TLS, as in the bundle, has curl(1) ask.
    """
    ask = _by_python if importlib.util.find_spec("_ssl") else _by_curl
    try:
        with _limit(seconds):
            data = b"".join(_bounded(ask(url), most))
    except _Late:
        raise PtcpdumpError(f"{url}: it has not been downloaded within {seconds:g} s") from None
    except (OSError, client.HTTPException, ValueError) as error:
        raise PtcpdumpError(f"{url}: can't be downloaded: {_reason(error)}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256.lower():
        raise PtcpdumpError(f"{url}: what was downloaded has another checksum, sha256={found}; nothing is kept of it")
    return data


def _by_python(url: str) -> Iterator[bytes]:
    opener = request.OpenerDirector()       # not build_opener(): that one would follow a redirection to http or ftp
    for handler in (request.ProxyHandler, request.HTTPSHandler, request.HTTPRedirectHandler, request.HTTPErrorProcessor,
                    request.HTTPDefaultErrorHandler, request.UnknownHandler):
        opener.add_handler(handler())
    with opener.open(url) as answer:
        while piece := answer.read1(_PIECE):
            yield piece
        if answer.length:       # read1() does not mind
            raise ConnectionError("the answer ends early")


def _by_curl(url: str) -> Iterator[bytes]:
    """As _by_python(). Raises OSError with what curl says."""
    try:
        process = subprocess.Popen(     # noqa: S603 -- of words that the user gave only the URL is among them
            [*_CURL, "--", url], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise OSError("this Python has no TLS, and curl is not installed; put the file in its place by other means"
                      ) from None
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            while piece := process.stdout.read(_PIECE):
                yield piece
        except BaseException:       # too much, or too late
            process.kill()
            raise
        said = process.stderr.read(_PIECE).decode(errors="replace").strip()
    if process.returncode:
        raise OSError(said or f"curl ended with status {process.returncode}")


def _bounded(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise OSError(f"it is larger than {most >> 20} MiB")
        yield piece


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """_Late in the block after some time, whatever it waits for."""

    def late(number: int, frame: FrameType | None) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _reason(error: Exception) -> object:
    if isinstance(error, errors.URLError) and not isinstance(error, errors.HTTPError):
        return error.reason
    return getattr(error, "strerror", None) or error
