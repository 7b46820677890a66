"""What is told of a connection's plaintext: messages of HTTP and of what HTTP carries, as lines and as fields.

In Cython, as a small capture may hold a million of them: they can be as small as two bytes.
"""

from ptcpdump.context.escape cimport escape

from fnmatch import fnmatchcase

cdef enum:
    SHOWN = 512         # characters of a line, beside its figures


cdef class Message:
    """A request, a response, or a part of what goes on after them.

    protocol: HTTP, HTTP/2, gRPC or WebSocket. host, path: of the request, also in what belongs to its response.
    status: of a response, 0 else. size: bytes of its body, None where it is not known. after: ns from the request to
    the response. text: the line without figures. None changes once it is told: equal ones may be one object.
    """

    def __init__(self, str protocol, str text, str method="", str host="", str path="", int status=0, size=None,
                 after=None):
        self.protocol, self.text, self.method, self.host, self.path = protocol, text, method, host, path
        self.status, self.size, self.after = status, size, after

    cpdef str line(self):
        """For people; without line feed, not escaped yet."""
        cdef str line = f"{self.protocol}: {self.text}"
        if len(line) > SHOWN:
            line = line[:SHOWN]
        line = line.rstrip()
        if self.size is not None:
            line = f"{line}, {self.size} bytes"
        if self.after is not None:
            line = f"{line}, {self.after / 1e6:.3f} ms after the request"
        return line

    cpdef str shown(self):
        """The same, escaped."""
        if self.escaped is None:
            self.escaped = escape(self.line())
        return self.escaped


cdef Message new_message(str protocol, str text, str method, str host, str path):
    cdef Message made = Message.__new__(Message)
    made.protocol, made.text, made.method, made.host, made.path = protocol, text, method, host, path
    return made


cdef class Chosen:
    """Which messages are shown: hosts and paths that globs match. "" matches all; hosts are compared without case."""

    def __init__(self, str host="", str path=""):
        self.host, self.path = host, path

    def __bool__(self):
        return bool(self.host or self.path)

    def matches(self, Message message not None):
        """Whether a message, or what it belongs to, is wanted. A host matches with and without its port."""
        cdef str host, pattern
        if self.host:
            host, pattern = message.host.lower(), self.host.lower()
            if not (fnmatchcase(host, pattern) or fnmatchcase(host.rpartition(":")[0], pattern)):
                return False
        return not self.path or fnmatchcase(message.path, self.path)


cpdef str url(str host, str path):
    """Where a request goes; what is no path stays as it is."""
    return f"https://{host}{path}" if path.startswith("/") else path


def passed(asked, time):
    """From a request to what belongs to it, in ns; None where one of the times is not known."""
    return None if asked is None or time is None else time - asked
