"""What is told of a connection's plaintext: messages of HTTP and of what HTTP carries, as lines and as fields."""

class Message:
    """A request, a response, or a part of what goes on after them.

    protocol: HTTP, HTTP/2, gRPC or WebSocket. host, path: of the request, also in what belongs to its response.
    status: of a response, 0 else. size: bytes of its body, None where it is not known. after: ns from the request to
    the response. text: the line without figures. None changes once it is told: equal ones may be one object.
    """

    protocol: str
    text: str
    method: str
    host: str
    path: str
    status: int
    size: int | None
    after: int | None

    def __init__(
        self,
        protocol: str,
        text: str,
        method: str = "",
        host: str = "",
        path: str = "",
        status: int = 0,
        size: int | None = None,
        after: int | None = None,
    ) -> None: ...
    def line(self) -> str:
        """For people; without line feed, not escaped yet."""

    def shown(self) -> str:
        """The same, escaped."""

class Chosen:
    """Which messages are shown: hosts and paths that globs match. "" matches all; hosts are compared without case."""

    @property
    def host(self) -> str: ...
    @property
    def path(self) -> str: ...
    def __init__(self, host: str = "", path: str = "") -> None: ...
    def __bool__(self) -> bool: ...
    def matches(self, message: Message) -> bool:
        """Whether a message, or what it belongs to, is wanted. A host matches with and without its port."""

def url(host: str, path: str) -> str:
    """Where a request goes; what is no path stays as it is."""

def passed(asked: int | None, time: int | None) -> int | None:
    """From a request to what belongs to it, in ns; None where one of the times is not known."""
