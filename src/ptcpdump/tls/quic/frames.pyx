"""The frames in a packet of QUIC (RFC 9000, 19; RFC 9221), as far as they matter to an observer.

In Cython, as a frame may have one byte: a small capture may hold millions of them.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint64_t

cdef enum:
    PADDING, PING, ACK, ACK_ECN, RESET_STREAM, STOP_SENDING, CRYPTO, NEW_TOKEN
    STREAM_FIRST = 0x08
    STREAM_LAST = 0x0f
    MAX_DATA = 0x10
    MAX_STREAM_DATA = 0x11
    STREAM_DATA_BLOCKED = 0x15
    STREAMS_BLOCKED = 0x17
    NEW_ID = 0x18
    RETIRE_ID = 0x19
    PATH_CHALLENGE = 0x1a
    PATH_RESPONSE = 0x1b
    CLOSE = 0x1c
    CLOSE_APPLICATION = 0x1d
    HANDSHAKE_DONE = 0x1e
    IMMEDIATE_ACK = 0x1f        # what packages of today know beside RFC 9000's: this and the last one
    RESET_AT = 0x24
    DATAGRAM = 0x30
    DATAGRAM_SIZED = 0x31
    ACK_FREQUENCY = 0xaf

    FIN = 1                     # bits of STREAM's type
    SIZED = 2
    OFFSET = 4

    LONGEST_ID = 20
    TOKEN = 16                  # bytes behind a new connection id
    CHALLENGE = 8               # bytes
    FEW = 24                    # so many frames of a handshake's packet,
    TYPICAL = 48                # and one more for each so many bytes


cdef class Crypto:
    """Bytes of the TLS handshake."""


cdef class StreamData:
    """Bytes of a stream; last: it ends behind them."""

    def __init__(self, int64_t stream, int64_t offset, bytes data not None, bint last):
        self.stream, self.offset, self.data, self.last = stream, offset, data, last


cdef class Reset:
    """The sender gives a stream up."""


cdef class NewId:
    """A connection id by which the sender may be addressed from now on."""


cdef class Datagram:
    """Data outside of all streams (RFC 9221)."""


cdef class Close:
    """The sender has ended the connection."""


Frame = Crypto | StreamData | Reset | NewId | Datagram | Close


cdef inline bint skip(Cursor *c, uint64_t numbers) noexcept nogil:
    cdef uint64_t ignored
    while numbers:
        if not number(c, &ignored):
            return False
        numbers -= 1
    return True


cdef inline bytes take(Cursor *c, uint64_t size):
    """So many bytes; None where they are fewer."""
    cdef bytes data
    if size > <uint64_t>(c.end - c.at):
        return None
    data = PyBytes_FromStringAndSize(<const char *>c.at, <Py_ssize_t>size)
    c.at += size
    return data


cdef bint read_stream(Cursor *c, uint64_t kind, list found) except -1:
    cdef StreamData frame
    cdef uint64_t stream, offset = 0, size
    cdef bytes data
    if not number(c, &stream) or (kind & OFFSET and not number(c, &offset)):
        return False
    size = c.end - c.at
    if kind & SIZED and not number(c, &size):
        return False
    data = take(c, size)
    if data is None:
        return False
    if size or kind & FIN:
        frame = StreamData.__new__(StreamData)
        frame.stream, frame.offset, frame.data, frame.last = stream, offset, data, kind & FIN
        found.append(frame)
    return True


cdef bint read_new_id(Cursor *c, list found) except -1:
    cdef NewId frame
    cdef uint64_t size
    if not skip(c, 2) or c.at >= c.end or not 1 <= c.at[0] <= LONGEST_ID:
        return False
    size = c.at[0]
    c.at += 1
    if <uint64_t>(c.end - c.at) < size + TOKEN:
        return False
    frame = NewId.__new__(NewId)
    frame.id = take(c, size)
    c.at += TOKEN
    found.append(frame)
    return True


cdef bint read_data(Cursor *c, uint64_t kind, list found, bint handshake) except -1:
    """A CRYPTO or a DATAGRAM frame."""
    cdef Crypto crypto
    cdef Datagram datagram
    cdef uint64_t offset = 0, size = c.end - c.at
    cdef bytes data
    if kind == CRYPTO and not number(c, &offset):
        return False
    if kind != DATAGRAM and not number(c, &size):
        return False
    data = take(c, size)
    if data is None:
        return False
    if not size:
        return True
    if kind != CRYPTO:
        datagram = Datagram.__new__(Datagram)
        datagram.data = data
        found.append(datagram)
    elif handshake:
        crypto = Crypto.__new__(Crypto)
        crypto.offset, crypto.data = offset, data
        found.append(crypto)
    return True


cdef bint read_frame(Cursor *c, uint64_t kind, list found, bint handshake) except -1:
    """Take a frame of this type; whether it is whole and known."""
    cdef Reset reset
    cdef uint64_t value = 0
    cdef uint64_t size
    if STREAM_FIRST <= kind <= STREAM_LAST:
        return read_stream(c, kind, found)
    if kind == CRYPTO or kind == DATAGRAM or kind == DATAGRAM_SIZED:
        return read_data(c, kind, found, handshake)
    if kind == ACK or kind == ACK_ECN:
        return skip(c, 2) and number(c, &value) and skip(c, 2 * value + 1 + 3 * (kind == ACK_ECN))
    if kind == RESET_STREAM or kind == RESET_AT:
        if not number(c, &value) or not skip(c, 2 + (kind == RESET_AT)):
            return False
        reset = Reset.__new__(Reset)
        reset.stream = value
        found.append(reset)
        return True
    if kind == NEW_ID:
        return read_new_id(c, found)
    if kind == PING or kind == HANDSHAKE_DONE or kind == IMMEDIATE_ACK:
        return True
    if kind == STOP_SENDING or kind == MAX_STREAM_DATA or kind == STREAM_DATA_BLOCKED:
        return skip(c, 2)
    if MAX_DATA <= kind <= STREAMS_BLOCKED or kind == RETIRE_ID:
        return skip(c, 1)
    if kind == ACK_FREQUENCY:
        return skip(c, 4)
    if kind == PATH_CHALLENGE or kind == PATH_RESPONSE:
        size = CHALLENGE
    elif kind == NEW_TOKEN or kind == CLOSE or kind == CLOSE_APPLICATION:
        if not skip(c, 0 if kind == NEW_TOKEN else 2 if kind == CLOSE else 1) or not number(c, &size):
            return False
    else:
        return False
    if size > <uint64_t>(c.end - c.at):
        return False
    c.at += size
    # once is enough
    if (kind == CLOSE or kind == CLOSE_APPLICATION) and not (found and type(found[len(found) - 1]) is Close):
        found.append(Close.__new__(Close))
    return True


def read_frames(bytes payload not None, bint handshake=False):
    """The frames of a packet; what stands behind one that is not known, or cut off, is left out.

    handshake: of an Initial or Handshake packet, where few frames may stand, and few of them do: whoever wants can make
    such packets, and frames as small as they can be cost many times as much as large ones. Only there CRYPTO frames are
    told of: behind the handshake they say nothing to who looks on (RFC 8446, 4.6).
    """
    cdef Cursor c
    cdef list found = []
    cdef uint64_t kind
    cdef Py_ssize_t left = FEW + len(payload) // TYPICAL
    c.at = <const uint8_t *><const char *>payload
    c.end = c.at + len(payload)
    while c.at < c.end:
        if c.at[0] <= PING:
            c.at += 1
            continue
        if not number(&c, &kind):
            break
        if handshake:
            left -= 1
            if not left or not (kind == ACK or kind == ACK_ECN or kind == CRYPTO or kind == CLOSE):
                break
        if not read_frame(&c, kind, found, handshake):
            break
    return found
