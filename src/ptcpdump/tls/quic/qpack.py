"""The headers of HTTP/3 (RFC 9204), by the package pylsqpack, with bounds that it does not have itself."""

import pylsqpack

_MOST_BLOCK = 1 << 16       # bytes of the headers of one message, as they are sent
_MOST_DECODED = 1 << 24     # bytes that they could become: each byte may stand for an entry of the table
_MOST_TABLE = 1 << 16       # bytes of a table of headers
_MOST_BLOCKED = 64          # messages that may wait for the table
_STATIC = 128               # bytes: no entry of the table that everyone has is longer
_MOST_UNUSED = 1 << 18      # bytes of instructions that wait for the size of the table

Headers = list[tuple[bytes, bytes]]


class UnreadableError(ValueError):
    """Headers make no sense, or are larger than we take."""


class Blocked(Exception):  # noqa: N818 -- a condition of the stream, not an error of the program
    """Headers wait for what another stream brings."""


class HeaderReader:
    """Reads the headers that one end sends, of which the other end has said how large a table may be."""

    def __init__(self) -> None:
        self._decoder = pylsqpack.Decoder(0, _MOST_BLOCKED)
        self._longest = _Longest()
        self._sized = False
        self._unused = b""

    def set_table(self, size: int) -> None:
        """The other end has told the largest size of the table, in its settings. Raises UnreadableError."""
        if size > _MOST_TABLE:
            raise UnreadableError("a table of headers is too large")
        if self._sized or not size:
            return
        self._sized = True
        self._decoder = pylsqpack.Decoder(size, _MOST_BLOCKED)
        unused, self._unused = self._unused, b""
        if unused:
            self.instruct(unused)

    def instruct(self, data: bytes) -> list[int]:
        """Take instructions for the table; returns the streams that waited for them. Raises UnreadableError."""
        if not self._sized:         # the settings are still under way
            self._unused += data
            if len(self._unused) > _MOST_UNUSED:
                raise UnreadableError("instructions came without settings")
            return []
        self._longest.feed(data)
        try:
            return list(self._decoder.feed_encoder(data))
        except pylsqpack.EncoderStreamError as error:
            raise UnreadableError("instructions for headers make no sense") from error

    def read(self, stream: int, block: bytes) -> Headers:
        """The headers of a message. Raises Blocked, UnreadableError."""
        if len(block) > _MOST_BLOCK or len(block) * self._longest.size > _MOST_DECODED:
            raise UnreadableError("headers are too large")
        try:
            return list(self._decoder.feed_header(stream, block)[1])
        except pylsqpack.StreamBlocked as error:
            raise Blocked from error
        except (pylsqpack.DecompressionFailed, ValueError) as error:
            raise UnreadableError("headers make no sense") from error

    def resume(self, stream: int) -> Headers:
        """The headers that were blocked. Raises Blocked, UnreadableError."""
        try:
            return list(self._decoder.resume_header(stream)[1])
        except pylsqpack.StreamBlocked as error:
            raise Blocked from error
        except (pylsqpack.DecompressionFailed, ValueError) as error:
            raise UnreadableError("headers make no sense") from error


class _Longest:
    """How long an entry of the table may be at most: what the strings in its instructions tell (RFC 9204, 4.3)."""

    def __init__(self) -> None:
        self.size = _STATIC
        self._name = 0              # bytes of the longest name that was sent
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take instructions in, which may end anywhere. Raises UnreadableError for a string that no table takes."""
        data = self._rest + data
        at = 0
        try:
            while at < len(data):
                start = at
                first = data[at]
                if first & 0x80:            # an insertion with a name that is known
                    _, at = _read_integer(data, at, 6)
                    at = self._value(data, at)
                elif first & 0x40:          # with a name of its own
                    size, at = _read_integer(data, at, 5)
                    self._name = max(self._name, 2 * size if first & 0x20 else size)
                    at = self._value(data, at + size)
                else:                       # a copy, or the size of the table
                    _, at = _read_integer(data, at, 5)
        except IndexError:
            at = start
        self._rest = data[at:]
        if len(self._rest) > 2 * _MOST_TABLE:
            raise UnreadableError("an instruction for headers is too long")

    def _value(self, data: bytes, at: int) -> int:
        huffman = data[at] & 0x80
        size, at = _read_integer(data, at, 7)
        if at + size > len(data):
            raise IndexError("a string is cut off")
        # a symbol of Huffman's code has 5 bits at least; the name may be of an entry before
        self.size = max(self.size, (2 * size if huffman else size) + max(self._name, _STATIC))
        return at + size


def _read_integer(data: bytes, at: int, bits: int) -> tuple[int, int]:
    """An integer with a prefix of so many bits (RFC 7541, 5.1) and the offset behind it."""
    value, at = data[at] & (1 << bits) - 1, at + 1
    if value < (1 << bits) - 1:
        return value, at
    for shift in range(0, 35, 7):
        value += (data[at] & 0x7F) << shift
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
    raise UnreadableError("an integer is too large")
