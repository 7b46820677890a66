"""HTTP/1 messages in a connection's plaintext (RFC 9112): first lines, hosts, sizes; bodies are passed over.

As tolerant as an observer has to be: what makes no sense ends the reading of a direction, and nothing else. In
Cython, as a head may have fourteen bytes, and a chunk six.
"""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memchr

from ptcpdump.tls.httplines cimport (
    FirstLine, HeadFields, as_text, chunk_size, decimal, find_end, has_word, read_fields, read_first)
from ptcpdump.tls.messages cimport Message, new_message, url

from ptcpdump.tls.websocket import Frames

cdef enum:
    MOST_HEAD = 1 << 17     # bytes of a head
    LOOKED_AT = 64          # bytes by which a first line can be told before it is whole
    MOST_LINE = 1 << 14     # bytes of a line before a chunk
    MOST_ASKED = 256        # requests that wait for their responses
    SWITCHING = 101         # status of a response behind which another protocol begins
    ALL = -1                # a body that is all that comes


cdef struct Head:
    const uint8_t *at
    Py_ssize_t size


cdef class Side:
    """What one direction sends."""

    cdef bytearray data
    cdef Py_ssize_t at          # of the first byte that is not read yet
    cdef bint broken
    cdef int64_t left           # bytes of the body, or of a chunk with its line end, to come; or ALL
    cdef bint chunked
    cdef bint lost              # some data is missing, and no message has begun since
    cdef Py_ssize_t searched    # bytes in which no head ends
    cdef bint begun             # they begin with the first line of a head

    def __cinit__(self):
        self.data = bytearray()

    cdef Head rest(self):
        """What is not read yet."""
        cdef Head rest
        rest.at, rest.size = <const uint8_t *><char *>self.data + self.at, len(self.data) - self.at
        return rest

    cdef int clear(self) except -1:
        self.data.clear()
        self.at = self.searched = 0
        self.begun = False
        return 0

    cdef int lose(self) except -1:
        """Begin anew: what comes next is taken for a message if it looks like one."""
        self.clear()
        self.broken, self.left, self.chunked, self.lost = False, 0, False, True
        return 0

    cdef int begin_body(self, const HeadFields *fields, bint empty) except -1:
        """A head has come. empty: without a size there is no body; else it lasts as long as the connection."""
        self.chunked = has_word(fields.encoding, b"chunked", True)
        self.left = 0 if self.chunked else decimal(fields.length)       # ALL where it is none
        if empty and (self.left < 0 or not (self.chunked or fields.length.size > 0)):
            self.left = 0
        if fields.upgrade.size >= 0 and not empty:
            self.left = ALL
        return 0

    cdef bint take_head(self, Head *head) except -1:
        """The next head, with the empty line, valid until more comes; False while it is not whole."""
        cdef FirstLine line
        cdef Head rest
        cdef Py_ssize_t size
        cdef bint first_line
        if not self.pass_body():
            return False
        rest = self.rest()
        size = find_end(rest.at, rest.size, self.searched)
        if self.lost and not read_first(rest.at, rest.size, &line):
            self.clear()            # the rest of a body
            return False
        self.lost = False
        if size < 0:                # what comes next is not searched from the beginning again
            first_line = not self.begun and memchr(rest.at + self.searched, b"\n", rest.size - self.searched) != NULL
            self.broken = rest.size > MOST_HEAD or (
                (first_line or self.searched < LOOKED_AT) and not may_be_head(rest))
            self.searched, self.begun = max(0, rest.size - 3), self.begun or first_line
            if self.broken:
                self.clear()
            return False
        head.at, head.size = rest.at, size
        self.at += size
        self.searched, self.begun = 0, False
        return True

    cdef bint pass_body(self) except -1:
        """Leave out what belongs to a body; whether a head may begin."""
        cdef Head rest
        cdef const uint8_t *end
        cdef int64_t size
        while True:
            if self.left < 0:
                self.clear()
                return False
            rest = self.rest()
            size = min(self.left, <int64_t>rest.size)
            self.at += size
            self.left -= size
            if self.left:
                return False
            if not self.chunked:
                return True
            rest = self.rest()
            end = <const uint8_t *>memchr(rest.at, b"\n", min(rest.size, <Py_ssize_t>MOST_LINE))
            if end == NULL:
                if rest.size > MOST_LINE:
                    self.broken = True
                    self.clear()
                return False
            size = chunk_size(rest.at, end - rest.at)
            if size < 0:
                self.broken = True
                self.clear()
                return False
            self.at += end + 1 - rest.at
            self.left = size + 2
            self.chunked = size > 0         # behind the last one stands an empty line; trailers are rare


cdef bint may_be_head(Head rest) noexcept nogil:
    """Whether this is, or could become, a request or a response."""
    cdef FirstLine line
    cdef Py_ssize_t i
    if memchr(rest.at, b"\n", rest.size) != NULL:
        return read_first(rest.at, rest.size, &line)
    for i in range(min(rest.size, <Py_ssize_t>LOOKED_AT)):
        if not (32 <= rest.at[i] < 127 or rest.at[i] == b"\r" or rest.at[i] == b"\t"):
            return False
    return True


cdef class Exchange:
    """Both directions of a connection. feed() tells the messages whose heads have come."""

    cdef list asked             # requests and their times
    cdef Side client, server
    cdef object frames          # of WebSocket, once the connection has become one

    def __init__(self):
        self.asked, self.client, self.server = [], Side.__new__(Side), Side.__new__(Side)

    def feed(self, bint server, bytes data not None, time):
        """Take data that a side has sent at a time (ns; None: not known); None where it is no HTTP/1."""
        cdef Side side = self.server if server else self.client
        cdef list messages = []
        cdef Head head
        cdef Message message
        if self.frames is not None:
            return self.frames.feed(server, data)
        if side.broken:
            return None
        side.data += data
        while side.take_head(&head):
            message = self.response(side, head, time) if server else self.request(side, head, time)
            if message is None:
                side.broken = True
                side.clear()
                return messages or None
            messages.append(message)
            if self.frames is not None:
                rest = bytes(side.data[side.at:])
                side.clear()
                return messages + (self.frames.feed(server, rest) or [])
        del side.data[:side.at]
        side.at = 0
        return None if side.broken and not messages else messages

    def lose(self, bint server):
        """Some of what a side has sent is missing: it goes on with the next message that begins what is fed."""
        if self.frames is not None:
            self.frames.lose(server)
        self.asked.clear()      # which response belongs to which request is not certain any more
        (self.server if server else self.client).lose()

    def waiting(self, bint server):
        """Bytes of a side that wait for more."""
        return len((self.server if server else self.client).data)

    cdef Message request(self, Side side, Head head, time):
        cdef FirstLine line
        cdef HeadFields fields
        cdef Message message
        cdef str method, host, path
        if not read_first(head.at, head.size, &line) or line.method.size < 0:
            return None
        read_fields(head.at, head.size, &fields)
        side.begin_body(&fields, True)
        method, host, path = as_text(line.method), as_text(fields.host), as_text(line.path)
        message = new_message("HTTP", f"{method} {url(host, path)}", method, host, path)
        if len(self.asked) < MOST_ASKED:
            self.asked.append((message, time))
        return message

    cdef Message response(self, Side side, Head head, time):
        cdef FirstLine line
        cdef HeadFields fields
        cdef Message request, message
        cdef bint informal
        cdef int64_t size
        if not read_first(head.at, head.size, &line) or line.method.size >= 0:
            return None
        read_fields(head.at, head.size, &fields)
        informal = 100 <= line.status < 200 and line.status != SWITCHING
        request, asked = self.asked[0] if self.asked else (new_message("HTTP", "", "", "", ""), None)
        if self.asked and not informal:
            self.asked.pop(0)
        side.begin_body(&fields, informal or request.method == "HEAD" or line.status == 204 or line.status == 304)
        if line.status == SWITCHING and has_word(fields.upgrade, b"websocket", False):
            self.frames = Frames(request.host, request.path)
        message = new_message("HTTP", f"{line.status} {as_text(line.reason)}", request.method, request.host,
                              request.path)
        message.status, size = line.status, decimal(fields.length)
        if size >= 0:
            message.size = size
        if asked is not None and time is not None:
            message.after = time - asked
        return message
