"""The requests of a connection that has many streams, HTTP/2's or HTTP/3's, and what is told of them; gRPC.

In Cython, as one may have ten bytes: a small capture may hold a million of them.
"""

from ptcpdump.tls.messages cimport Message, new_message, url

from collections import OrderedDict

cdef enum:
    MOST = 4096         # requests that are under way


cdef class Request:
    """A request and its response."""


cdef class Requests:
    """The requests under way, by stream. protocol: HTTP/2 or HTTP/3."""

    def __init__(self, str protocol):
        self.protocol = protocol
        self.known = OrderedDict()

    cpdef list headers(self, bint server, long long stream, dict fields, time, bint last=False):
        """Take the headers, or trailers, that a side has sent. last: no body follows them."""
        cdef Request request
        cdef list found = []
        cdef str status, length, text
        cdef object size
        if b":method" in fields:
            return [self.ask(stream, fields, time)]
        request = self.known.get(stream)
        if request is None or not server:       # trailers of a request, or of what began before us
            return found
        status = fields.get(b":status", "")
        if len(status) == 3 and status.isdecimal():
            length = fields.get(b"content-length", "")
            request.status = 0 if status.startswith("1") else int(status)
            request.told = length.isdecimal() and len(length) < 19
            size = int(length) if request.told else 0 if last else None
            request.told = size is not None
            found.append(told(request, status, int(status), size, time))
        elif b"grpc-status" in fields:
            request.told = True
            text = f"status {fields[b'grpc-status']} of {request.path}"
            found.append(told(request, text, request.status, request.size, time))
        if last:
            found += self.end(stream, time)
        return found

    cpdef body(self, long long stream, size):
        """So many bytes of a response's body have come."""
        cdef Request request = self.known.get(stream)
        if request is not None:
            request.size += size

    cpdef list end(self, long long stream, time):
        """A response is over: its size, if its headers have not told it."""
        cdef Request request = self.known.pop(stream, None)
        if request is None or request.told or not request.status:
            return []
        text = f"end of the response to {request.method} {url(request.host, request.path)}"
        return [told(request, text, request.status, request.size, time)]

    cpdef drop(self, long long stream):
        """A stream was given up."""
        self.known.pop(stream, None)

    cdef Message ask(self, long long stream, dict fields, time):
        cdef Request request = Request.__new__(Request)
        cdef str text, protocol = fields.get(b"content-type", "")
        request.protocol = "gRPC" if protocol.startswith("application/grpc") else self.protocol
        request.method, request.path = fields[b":method"], fields.get(b":path", "")
        request.host = fields.get(b":authority", "") or fields.get(b"host", "")
        request.asked, request.size = time, 0
        self.known[stream] = request
        if len(self.known) > MOST:
            self.known.popitem(last=False)
        text = f"{request.method} {url(request.host, request.path) or request.host}"
        if b":protocol" in fields:              # RFC 8441, RFC 9220
            text = f"{text}, for {fields[b':protocol']}"
        return new_message(request.protocol, text, request.method, request.host, request.path)


cdef Message told(Request request, str text, int status, size, time):
    """What belongs to a response, that came now."""
    cdef Message made = new_message(request.protocol, text, request.method, request.host, request.path)
    made.status, made.size = status, size
    if time is not None and request.asked is not None:
        made.after = time - request.asked
    return made
