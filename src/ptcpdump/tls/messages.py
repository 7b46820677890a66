"""What is told of a connection's plaintext: messages of HTTP and of what HTTP carries, as lines and as fields."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

_SHOWN = 512        # characters of a line, beside its figures


@dataclass(slots=True)
class Message:
    """A request, a response, or a part of what goes on after them.

    protocol: HTTP, HTTP/2, gRPC or WebSocket. host, path: of the request, also in what belongs to its response.
    status: of a response, 0 else. size: bytes of its body, None where it is not known. after: ns from the request to
    the response. text: the line without figures.
    """

    protocol: str
    text: str
    method: str = ""
    host: str = ""
    path: str = ""
    status: int = 0
    size: int | None = None
    after: int | None = None

    def line(self) -> str:
        """For people; without line feed, not escaped yet."""
        size = "" if self.size is None else f", {self.size} bytes"
        after = "" if self.after is None else f", {self.after / 1e6:.3f} ms after the request"
        return f"{self.protocol}: {self.text}"[:_SHOWN].rstrip() + size + after


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which messages are shown: hosts and paths that globs match. "" matches all; hosts are compared without case."""

    host: str = ""
    path: str = ""

    def __bool__(self) -> bool:
        return bool(self.host or self.path)

    def matches(self, message: Message) -> bool:
        """Whether a message, or what it belongs to, is wanted. A host matches with and without its port."""
        host = message.host.lower()
        return ((not self.host or any(fnmatchcase(each, self.host.lower()) for each in (host, host.rpartition(":")[0])))
                and (not self.path or fnmatchcase(message.path, self.path)))


def url(host: str, path: str) -> str:
    """Where a request goes; what is no path stays as it is."""
    return f"https://{host}{path}" if path.startswith("/") else path


def passed(asked: int | None, time: int | None) -> int | None:
    """From a request to what belongs to it, in ns; None where one of the times is not known."""
    return None if asked is None or time is None else time - asked
